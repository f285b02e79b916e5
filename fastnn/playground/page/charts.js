// Curves of the losses, and bars of the gradients.

const COLORS = { train: "#8a94a0", test: "#0877bd" };
const MOST = 2000;

function frame(canvas, dark) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = dark ? "#e7ebef" : "#1d2329";
  context.font = "12px system-ui, sans-serif";
  return context;
}

export const short = (v) => (v === null ? "no number" : Math.abs(v) >= 1000 || (v && Math.abs(v) < 0.001)
  ? v.toExponential(1) : v.toPrecision(3));

export class Curve {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
  }

  clear() {
    this.rows = [];
    this.every = 1;
    this.seen = 0;
  }

  add(step, train, test) {
    const last = this.rows[this.rows.length - 1];
    if (last && last[0] === step) this.rows.pop();
    else if (this.seen++ % this.every) return;
    this.rows.push([step, train, test]);
    if (this.rows.length > MOST) {
      this.rows = this.rows.filter((_, k) => k % 2 === 0);
      this.every *= 2;
    }
  }

  draw(dark) {
    const context = frame(this.canvas, dark), { width, height } = this.canvas;
    const values = this.rows.flatMap(([, a, b]) => [a, b]).filter((v) => v !== null);
    if (!values.length) return;
    const top = Math.max(...values) || 1, end = Math.max(this.rows[this.rows.length - 1][0], 1);
    ["train", "test"].forEach((name, which) => {
      context.beginPath();
      context.strokeStyle = COLORS[name];
      context.lineWidth = 2;
      context.setLineDash(which ? [] : [5, 3]);
      for (const row of this.rows) {
        if (row[which + 1] === null) continue;
        context.lineTo((row[0] / end) * (width - 10) + 5, height - 18 - (row[which + 1] / top) * (height - 24));
      }
      context.stroke();
    });
    context.setLineDash([]);
    context.fillText(short(top), 4, 12);
    context.fillText("test —   training - -", width - 130, 12);
    context.textAlign = "right";
    context.fillText(`step ${end.toLocaleString("en")}`, width - 4, height - 4);
    context.textAlign = "left";
  }
}

// Sizes on a scale of powers of ten, from 1e-8 to 10.
export function bars(canvas, sizes, dark) {
  const context = frame(canvas, dark), { width, height } = canvas;
  const space = width / sizes.length;
  sizes.forEach((size, k) => {
    const share = size ? Math.min(Math.max((Math.log10(size) + 8) / 9, 0.01), 1) : 0;
    const left = k * space + space * 0.15;
    context.fillStyle = "#0877bd";
    context.fillRect(left, height - 18 - share * (height - 34), space * 0.7, share * (height - 34));
    context.fillStyle = dark ? "#e7ebef" : "#1d2329";
    context.textAlign = "center";
    context.fillText(size === null ? "–" : short(size), left + space * 0.35, height - 22 - share * (height - 34));
    context.fillText(k + 1 === sizes.length ? "output" : `layer ${k + 1}`, left + space * 0.35, height - 4);
  });
  context.textAlign = "left";
  canvas.setAttribute("aria-label", "Size of the gradients: " + sizes.map((s, k) => `layer ${k + 1} ${short(s)}`).join(", "));
}
