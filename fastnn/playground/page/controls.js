// The controls of the settings: what they offer comes from the server's tables.

import { make } from "./network.js";

export const get = (id) => document.getElementById(id);
export const SPEEDS = [1, 10, 100, 1000, 5000];
const LOSSES = { mse: "Squared error (tanh)", crossentropy: "Cross-entropy (sigmoid)" };

export function options(id, entries, value) {
  const select = get(id);
  const known = entries.map((entry) => (Array.isArray(entry) ? entry : [entry, entry]));
  if (value !== undefined && !known.some(([v]) => String(v) === String(value))) known.push([value, value]);
  select.replaceChildren(...known.map(([v, title]) => make("option", { value: String(v) }, String(title))));
  if (value !== undefined) select.value = String(value);
}

const NUMBERS = ["noise", "train", "batch", "points_seed", "seed"];

// change(settings) is called with what differs, rate(value) without beginning anew.
export function wire(tables, change, rate) {
  const sets = Object.entries(tables.sets);
  get("sets").append(...sets.map(([name, { title, task }]) => make("label", {},
    make("input", { type: "radio", name: "set", value: name, onchange: () => change({ data: name, own: null }) }),
    ` ${title}`, task === "regression" ? make("span", { class: "small" }, "\u00a0(numbers)") : "")));
  for (const name of ["activation", "optimizer", "loss", "penalty"]) {
    get(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
  }
  get("penalty_rate").addEventListener("change", (event) => change({ penalty_rate: Number(event.target.value) }));
  get("rate").addEventListener("change", (event) => rate(Number(event.target.value)));
  for (const name of NUMBERS) {
    const input = get(name);
    input.addEventListener("change", () => change({ [name]: input.value === "" ? null : Number(input.value) }));
    const shown = get(`${name}-value`);
    if (shown) input.addEventListener("input", () => { shown.value = label(name, input.value); });
  }
  options("speed", SPEEDS.map((n) => [n, `${n.toLocaleString("en")} step${n > 1 ? "s" : ""} a frame`]), 10);
  options("exercise", [["", "none"], ...tables.exercises.map((e, k) => [k, `${k + 1}. ${e.title}`])], "");
}

const label = (name, value) => (name === "batch" ? String(value) : `${value} %`);

export function show(settings, facts, tables) {
  options("activation", tables.activations, settings.activation);
  options("optimizer", tables.optimizers, settings.optimizer);
  options("penalty", [["none", "none"], ["l1", "L1"], ["l2", "L2"]], settings.penalty);
  options("penalty_rate", tables.penalty_rates, settings.penalty_rate);
  options("loss", Object.entries(LOSSES), settings.loss);
  get("loss").disabled = facts.task === "regression" || facts.classes > 2;
  get("penalty_rate").disabled = settings.penalty === "none";
  get("noise").disabled = settings.data === "own";
  for (const name of NUMBERS) {
    get(name).value = settings[name];
    const shown = get(`${name}-value`);
    if (shown) shown.value = label(name, settings[name]);
  }
  for (const radio of document.querySelectorAll("input[name=set]")) radio.checked = radio.value === settings.data;
  const count = settings.layers.length;
  get("layer-count").textContent = `${count} hidden layer${count === 1 ? "" : "s"}`;
  get("more").disabled = count >= tables.most.layers;
  get("fewer").disabled = count === 0;
  get("parameters").textContent = `${facts.parameters} parameters`;
  document.querySelectorAll(".accuracy").forEach((row) => { row.hidden = facts.task === "regression"; });
  get("shown").hidden = facts.columns.length < 3;
}

// The learning rate, which a link or an edit may have changed since the beginning.
export function showRate(rate, tables) {
  const known = tables.rates.find((r) => Math.fround(r) === Math.fround(rate));
  options("rate", tables.rates, known ?? Number(rate.toPrecision(6)));
}

// The exercise's texts; try(changes) sets the page to one of the things to try.
export function showExercise(exercise, attempt) {
  get("exercise-text").hidden = !exercise;
  if (!exercise) return;
  get("question").textContent = exercise.question;
  get("watch").textContent = exercise.watch;
  get("tries").replaceChildren(...exercise.tries.map((one) =>
    make("button", { onclick: () => attempt(one) }, one.title)));
  get("expected").replaceChildren(...exercise.tries.map((one) =>
    make("li", {}, make("b", {}, `${one.title}: `), one.expected)));
}
