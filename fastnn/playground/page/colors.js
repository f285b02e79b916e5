// Answers as colours: orange below 0, blue above, a colour for each class where there are more than two.

export const CLASSES = [[8, 119, 189], [245, 147, 34], [34, 139, 84], [166, 76, 166], [196, 48, 62], [110, 110, 110]];
const MINUS = CLASSES[1], PLUS = CLASSES[0];
const SHADES = 40;

const mix = (a, b, t) => a.map((v, k) => v + (b[k] - v) * t);
const middle = (dark) => (dark ? [38, 43, 48] : [232, 234, 235]);

// 256 colours as the words of a canvas.
export function palette({ dark = false, discrete = false, classes = 0 }) {
  const words = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let color;
    if (byte === 255) color = dark ? [90, 90, 90] : [150, 150, 150];
    else if (classes > 2) {
      const sure = discrete ? 1 : (byte % SHADES) / (SHADES - 1);
      color = mix(middle(dark), CLASSES[Math.min(Math.floor(byte / SHADES), CLASSES.length - 1)], 0.25 + 0.75 * sure);
    } else {
      const value = discrete ? (byte >= 127 ? 1 : -1) : (byte - 127) / 127;
      color = mix(middle(dark), value < 0 ? MINUS : PLUS, Math.abs(value));
    }
    const [r, g, b] = color.map(Math.round);
    words[byte] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  return words;
}

export const css = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;

// The colour of a number from -1 to 1 as text.
export function shade(value, dark) {
  return css(mix(middle(dark), value < 0 ? MINUS : PLUS, Math.min(Math.abs(value), 1)));
}

// Bytes as a square picture on a canvas of its size.
export function paint(canvas, bytes, words) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let k = 0; k < pixels.length; k++) pixels[k] = words[bytes[k]];
  context.putImageData(image, 0, 0);
}
