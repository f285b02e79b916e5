// The large picture: the answer over the plane, with points of training (light rim) and of testing (dark rim).

import { CLASSES, css, paint, shade } from "./colors.js";

function canvasOf(size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  return canvas;
}

export class Plane {
  constructor(canvas, pixels) {
    this.canvas = canvas;
    this.half = pixels.half;
    this.small = canvasOf(pixels.large);
    this.points = canvasOf(canvas.width); // drawn anew only when they differ
  }

  draw(bytes, words, facts, options) {
    const context = this.canvas.getContext("2d");
    const size = this.canvas.width;
    paint(this.small, bytes, words);
    context.imageSmoothingEnabled = !options.discrete;
    context.drawImage(this.small, 0, 0, size, size);
    const key = [facts.id, options.test, options.dark, ...options.shown].join();
    if (key !== this.key) this.drawPoints(facts, options);
    this.key = key;
    context.drawImage(this.points, 0, 0);
  }

  drawPoints(facts, options) {
    const context = this.points.getContext("2d");
    const size = this.points.width;
    context.clearRect(0, 0, size, size);
    const place = (v) => ((v / this.half + 1) / 2) * size;
    const [across, up] = options.shown;
    const radius = facts.points.length > 1000 ? 2.5 : 4;
    facts.points.forEach((point, k) => {
      const test = k >= facts.cut;
      if (test && !options.test) return;
      const target = facts.targets[k];
      context.beginPath();
      context.arc(place(point[across]), size - place(point[up]), radius, 0, 2 * Math.PI);
      if (facts.classes > 2) context.fillStyle = css(CLASSES[target]);
      else context.fillStyle = shade(facts.classes ? 2 * target - 1 : target, options.dark);
      context.fill();
      context.lineWidth = 1.2;
      context.strokeStyle = test ? "#111" : "#fff";
      context.stroke();
    });
  }
}
