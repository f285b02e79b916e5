// The network: a column of pictures for each layer, weights as lines between them, a form for the weights of a neuron.

import { paint, shade } from "./colors.js";

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const picture = (size) => make("canvas", { width: size, height: size, "aria-hidden": "true" });

export class Network {
  // calls: change(settings => what differs), view([layer, neuron] or null), edit(kind, value, ...place)
  constructor(parts, tables, calls) {
    Object.assign(this, { parts, tables, calls, size: tables.pixels.small, open: null, dark: false });
    new ResizeObserver(() => this.place()).observe(parts.columns);
    parts.close.addEventListener("click", () => this.close());
    parts.form.addEventListener("submit", (event) => event.preventDefault());
  }

  // Columns and lines for a network; the pictures come with the next frame.
  build(settings, facts) {
    Object.assign(this, { settings, facts });
    const focused = document.activeElement?.dataset?.key;
    this.neurons = [];
    this.features = new Map();
    const columns = [this.inputs(), ...settings.layers.map((block, k) => this.hidden(block, k)), this.output()];
    this.parts.columns.replaceChildren(...columns);
    this.lines();
    this.close();
    if (focused) this.parts.columns.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  names() {
    const extra = this.facts.columns.slice(2).map((name, k) => [`column_${k + 3}`, name]);
    return [...Object.entries(this.tables.features), ...extra];
  }

  inputs() {
    const chosen = this.settings.features;
    const rows = this.names().map(([name, title]) => {
      const canvas = picture(this.size), on = chosen.includes(name);
      const button = make("button", {
        class: "neuron", "data-key": name, "aria-pressed": String(on), "aria-label": `Input ${title}`, title,
        onclick: () => {
          const order = this.names().map(([n]) => n);
          this.calls.change(({ features }) => {
            const next = order.filter((n) => (n === name ? !on : features.includes(n)));
            return next.length ? { features: next } : {};
          });
        },
      }, canvas);
      this.features.set(name, { canvas, button });
      return make("div", { class: "feature" }, make("span", {}, title), button);
    });
    return make("div", { class: "column", role: "group", "aria-label": "Inputs" },
      make("div", { class: "head" }, make("b", {}, "Inputs")), ...rows);
  }

  hidden(block, k) {
    const most = this.tables.most.units;
    const change = (patch) => this.calls.change(({ layers }) => ({
      layers: layers.map((other, i) => (i === k ? { ...other, ...patch(other) } : other)),
    }));
    const count = (by, sign, word) => make("button", {
      "data-key": `${word}-${k}`, "aria-label": `${word} a neuron, layer ${k + 1}`,
      disabled: block.units + by < 1 || block.units + by > most, onclick: () => change(({ units }) => ({ units: Math.min(Math.max(units + by, 1), most) })),
    }, sign);
    const drop = make("select", {
      "data-key": `drop-${k}`, "aria-label": `Dropout behind layer ${k + 1}`,
      onchange: (event) => change(() => ({ dropout: Number(event.target.value) })),
    }, ...[...new Set([0, 0.1, 0.2, 0.3, 0.5, block.dropout])].sort().map((rate) =>
      make("option", { value: String(rate), selected: rate === block.dropout }, rate ? `Drop ${rate}` : "No drop")));
    const head = make("div", { class: "head" },
      make("b", {}, `Layer ${k + 1}`),
      make("div", { class: "pair" }, count(-1, "−", "Remove"), count(1, "+", "Add")),
      make("button", {
        "data-key": `norm-${k}`, "aria-pressed": String(block.norm), title: "BatchNormalization",
        "aria-label": `BatchNormalization behind layer ${k + 1}`, onclick: () => change(() => ({ norm: !block.norm })),
      }, "Norm"), drop);
    const neurons = Array.from({ length: block.units }, (_, n) => this.neuron(k, n, `Layer ${k + 1}, neuron ${n + 1}`));
    return make("div", { class: "column", role: "group", "aria-label": `Hidden layer ${k + 1}` }, head, ...neurons);
  }

  output() {
    const layer = this.facts.shapes.length - 1, names = this.facts.class_names;
    const neurons = Array.from({ length: this.facts.shapes[layer][1] }, (_, n) =>
      this.neuron(layer, n, names.length > 2 ? `Output for ${names[n]}` : "Output"));
    const head = make("div", { class: "head" }, make("b", {}, "Output"), make("span", {}, this.facts.output[1]));
    return make("div", { class: "column", role: "group", "aria-label": "Output" }, head, ...neurons);
  }

  neuron(layer, n, title) {
    const canvas = picture(this.size);
    const show = () => this.calls.view([layer, n]), hide = () => this.calls.view(null);
    const button = make("button", {
      class: "neuron", "data-key": `n-${layer}-${n}`, "aria-label": `${title}: weights`, title, "aria-pressed": "false",
      onpointerenter: show, onpointerleave: hide, onfocus: show, onblur: hide,
      onclick: () => this.edit(layer, n),
    }, canvas);
    this.neurons.push({ canvas, button, layer, n, title });
    return button;
  }

  // ---------------------------------------------------------------- lines
  lines() {
    const paths = [];
    let index = 0;
    this.weights = [];
    this.facts.shapes.forEach(([rows, columns], layer) => {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const path = document.createElementNS(SVG, "path");
          const weight = { path, layer, row, column, index: index++ };
          path.addEventListener("pointermove", (event) => this.tip(event, weight));
          path.addEventListener("pointerleave", () => { this.parts.tip.hidden = true; });
          path.addEventListener("click", () => this.edit(layer, column, row));
          this.weights.push(weight);
          paths.push(path);
        }
      }
      index += columns; // the bias
    });
    this.parts.lines.replaceChildren(...paths);
    this.place();
  }

  button(layer, n) {
    return this.neurons.find((one) => one.layer === layer && one.n === n).button;
  }

  source({ layer, row }) {
    return layer ? this.button(layer - 1, row) : this.features.get(this.settings.features[row]).button;
  }

  place() {
    if (!this.weights) return;
    const origin = this.parts.columns.getBoundingClientRect();
    this.parts.lines.setAttribute("width", origin.width);
    this.parts.lines.setAttribute("height", origin.height);
    this.parts.lines.style.top = `${this.parts.columns.offsetTop}px`;
    for (const weight of this.weights) {
      const from = this.source(weight).getBoundingClientRect();
      const to = this.button(weight.layer, weight.column).getBoundingClientRect();
      const x0 = from.right - origin.left, y0 = from.top + from.height / 2 - origin.top;
      const x1 = to.left - origin.left, y1 = to.top + to.height / 2 - origin.top, half = (x1 - x0) / 2;
      weight.path.setAttribute("d", `M${x0} ${y0}C${x0 + half} ${y0} ${x1 - half} ${y1} ${x1} ${y1}`);
    }
  }

  tip(event, weight) {
    const { tip } = this.parts;
    tip.hidden = false;
    tip.textContent = `${this.sourceName(weight)} → ${this.title(weight.layer, weight.column)}: ` +
      this.frame.weights[weight.index].toPrecision(4);
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4)}px`;
    tip.style.top = `${event.clientY + 14}px`;
  }

  title(layer, n) {
    return this.neurons.find((one) => one.layer === layer && one.n === n).title;
  }

  sourceName({ layer, row }) {
    if (layer) return this.title(layer - 1, row);
    return new Map(this.names()).get(this.settings.features[row]);
  }

  // ---------------------------------------------------------------- frames
  drawInputs(bytes, words) {
    const length = this.size * this.size;
    this.names().forEach(([name], k) => {
      paint(this.features.get(name).canvas, bytes.subarray(k * length, (k + 1) * length), words);
    });
  }

  draw(frame, words, dark) {
    this.frame = frame;
    const length = this.size * this.size;
    this.neurons.forEach(({ canvas }, k) => paint(canvas, frame.neurons.subarray(k * length, (k + 1) * length), words));
    for (const weight of this.weights) this.drawLine(weight, frame.weights[weight.index], dark);
    if (this.open) this.fill();
  }

  // A line in one of 32 shades to each side; most lines look as in the frame before, and are left alone.
  drawLine(weight, value, dark) {
    const size = Math.abs(value), known = Number.isFinite(value);
    const width = known ? Math.min(0.8 + 1.7 * size, 7).toFixed(1) : "1";
    const color = known ? shade(Math.sign(value) * Math.min(Math.round(32 * (0.25 + size)) / 32, 1), dark) : "gray";
    const look = `${color} ${width} ${size < 0.005}`;
    if (look === weight.look) return;
    weight.look = look;
    weight.path.setAttribute("stroke", color);
    weight.path.setAttribute("stroke-width", width);
    weight.path.classList.toggle("off", size < 0.005);
  }

  // ---------------------------------------------------------------- the form
  edit(layer, column, row = 0) {
    const [rows, columns] = this.facts.shapes[layer];
    const first = this.weights.find((weight) => weight.layer === layer).index;
    const field = (name, index, kind, ...place) => {
      const input = make("input", {
        type: "number", step: "any",
        onchange: () => { if (input.value !== "") this.calls.edit(kind, Number(input.value), ...place); },
      });
      return { input, index, label: make("label", {}, name, input) };
    };
    const fields = Array.from({ length: rows }, (_, k) => field(
      `from ${this.sourceName({ layer, row: k })}`, first + k * columns + column, "weight", layer, k, column));
    fields.push(field("Bias", first + rows * columns + column, "bias", layer, column));
    this.close();
    this.open = { fields, button: this.button(layer, column) };
    this.open.button.setAttribute("aria-pressed", "true");
    this.parts.fields.replaceChildren(...fields.map((one) => one.label));
    this.parts.title.textContent = `Weights of ${this.title(layer, column)}`;
    this.parts.form.hidden = false;
    this.fill();
    fields[row].input.focus();
  }

  fill() {
    for (const { input, index } of this.open.fields) {
      if (document.activeElement !== input) input.value = String(Number(this.frame.weights[index].toPrecision(6)));
      else if (input.value === "") input.value = String(Number(this.frame.weights[index].toPrecision(6)));
    }
  }

  close() {
    const inside = this.parts.form.contains(document.activeElement);
    this.open?.button.setAttribute("aria-pressed", "false");
    if (inside && this.open?.button.isConnected) this.open.button.focus();
    this.open = null;
    this.parts.form.hidden = true;
  }
}
