// The page: asks the server for a frame of training, draws it, asks for the next one.

import { ask, goodbye, parse } from "./api.js";
import { Curve, bars, short } from "./charts.js";
import { CLASSES, css, palette } from "./colors.js";
import { get, options, show, showExercise, showRate, wire } from "./controls.js";
import { Network, make } from "./network.js";
import { Plane } from "./plane.js";

// settings: of the network that is shown; wanted: with the changes that the server has not answered yet
const page = { settings: {}, wanted: {}, facts: null, id: null, view: null, shown: [0, 1], playing: false, until: 0, dark: false };
let tables, network, plane, curve, words;

const request = (name, more = {}) => ask(name, () => ({ ...more, id: page.id }));

function say(text) {
  get("message").textContent = text ?? "";
  get("message").hidden = !text;
}

// Runs what a control asks for; an error is said, and the page stays as it was.
function guarded(work) {
  return async (...given) => {
    try {
      await work(...given);
      return true;
    } catch (error) {
      if (error.status === undefined) throw error;
      stop();
      page.wanted = page.settings;
      if (error.status === 404 && page.link) { // the server has forgotten this page: train it again to where it was
        page.id = null;
        const link = page.link;
        page.link = null;
        return guarded(begin)({ link });
      }
      say(error.message);
      if (page.facts) {
        show(page.settings, page.facts, tables);
        showRate(page.frame.rate, tables);
      }
      return false;
    }
  };
}

// ------------------------------------------------------------------ a network
async function begin(wish) {
  if (wish.settings) page.wanted = wish.settings;
  const facts = await request("start", wish);
  say(null);
  Object.assign(page, { facts, id: facts.id, settings: facts.settings, until: facts.until, view: null, fresh: true });
  if (!wish.settings || page.wanted === wish.settings) page.wanted = facts.settings;
  if (page.shown.some((k) => k >= facts.columns.length)) page.shown = [0, 1];
  curve.clear();
  page.broken = "";
  show(page.settings, facts, tables);
  for (const [id, k] of [["shown-x", 0], ["shown-y", 1]]) options(id, facts.columns.map((name, i) => [i, name]), page.shown[k]);
  colors();
  network.build(page.settings, facts);
  await inputs();
  await refresh();
  address(facts.link);
  if (page.until > facts.step) play();
}

async function inputs() {
  network.drawInputs(new Uint8Array(await request("features", { shown: page.shown })), palette({ dark: page.dark }));
}

// settings: what differs, or a function that says so of those wanted up to now
const change = guarded(async (given) => {
  const settings = typeof given === "function" ? given(page.wanted) : given;
  const next = { ...page.wanted, ...settings };
  if (settings.data && settings.data !== "own" || settings.own) {
    const columns = settings.own ? settings.own.names.length : 2;
    const known = (name) => !name.startsWith("column_") || Number(name.slice(7)) <= columns;
    next.features = next.features.filter(known);
    if (!next.features.length) next.features = ["x1", "x2"];
  }
  await begin({ settings: next });
});

const rate = guarded(async (value) => {
  const told = await request("edit", { edit: ["rate", value] });
  page.until = 0; // what a link had still planned is given up
  address(told.link);
  await refresh();
});

const edit = guarded(async (kind, value, ...place) => {
  const told = await request("edit", { edit: [kind, value, ...place] });
  page.until = 0;
  address(told.link);
  await refresh();
});

function address(link) {
  page.link = link;
  history.replaceState(null, "", `#${link}`);
}

// ------------------------------------------------------------------ frames
async function frame(steps) {
  let asked;
  const got = parse(await ask("frame", () => {
    asked = page.id;
    return { id: asked, steps, view: page.view, shown: page.shown };
  }));
  if (asked === page.id) draw(got);
  return got;
}

const refresh = () => frame(0);

function draw(got) {
  if (page.frame?.rate !== got.rate || page.fresh) showRate(got.rate, tables);
  Object.assign(page, { frame: got, fresh: false });
  curve.add(got.step, got.train.loss, got.test.loss);
  get("steps").textContent = got.step.toLocaleString("en");
  get("epoch").textContent = Math.floor(got.epoch).toLocaleString("en");
  for (const part of ["test", "train"]) {
    get(`${part}-loss`).textContent = short(got[part].loss);
    get(`${part}-accuracy`).textContent = got[part].accuracy === null ? "" : `${(100 * got[part].accuracy).toFixed(1)} %`;
  }
  const answers = { dark: page.dark, discrete: get("discrete").checked, classes: page.facts.classes };
  network.draw(got, words, page.dark);
  const large = page.view ? palette({ ...answers, classes: 0 }) : palette(answers);
  plane.draw(got.map, large, page.facts, { ...answers, test: get("show-test").checked, shown: page.shown });
  curve.draw(page.dark);
  bars(get("gradients"), got.gradients, page.dark);
  get("view-name").textContent = page.view ? `of ${network.title(...page.view)}` : "";
  if (got.broken && got.broken !== page.broken) {
    say(`Step ${got.step}: ${got.broken} A smaller learning rate helps; Reset begins anew.`);
  }
  page.broken = got.broken;
}

function status() {
  const { step, test } = page.frame;
  const accuracy = test.accuracy === null ? "" : `, accuracy ${(100 * test.accuracy).toFixed(0)} per cent`;
  get("status").textContent = `Step ${step}: test loss ${short(test.loss)}${accuracy}.`;
}

// ------------------------------------------------------------------ play
function stop() {
  page.playing = false;
  get("play").textContent = "Play";
  get("play").dataset.playing = "no";
}

const play = guarded(async () => {
  if (page.playing) return;
  page.playing = true;
  get("play").textContent = "Pause";
  get("play").dataset.playing = "yes";
  let from = performance.now(), before = page.frame?.step ?? 0, told = from;
  while (page.playing) {
    const left = page.until - (page.frame?.step ?? 0); // a link's steps are done at once, and then it pauses
    const screen = new Promise((resolve) => { requestAnimationFrame(resolve); }); // not more often than it is drawn
    const got = await frame(left > 0 ? Math.min(left, 5000) : Number(get("speed").value));
    if (got.broken || got.step >= tables.most.steps || (left > 0 && got.step >= page.until)) stop();
    const now = performance.now();
    if (got.step < before) before = got.step;
    if (now - from > 500) {
      get("pace").textContent = Math.round(((got.step - before) / (now - from)) * 1000).toLocaleString("en");
      [from, before] = [now, got.step];
    }
    if (now - told > 3000) { told = now; status(); }
    await screen;
  }
  status();
  await link();
});

async function link() {
  const state = await request("state");
  address(state.link);
  return state;
}

// ------------------------------------------------------------------ looks
function colors() {
  words = palette({ dark: page.dark, discrete: false });
  const { classes, class_names: names, task } = page.facts;
  const swatch = (color, text) => [make("span", { class: "swatch", "data-color": color }), text];
  const known = classes > 2 ? names.map((name, k) => [css(CLASSES[k]), name])
    : [[css(CLASSES[1]), task === "regression" ? "−1" : names[0] ?? "0"],
       [css(CLASSES[0]), task === "regression" ? "1" : names[1] ?? "1"]];
  get("legend").replaceChildren(...known.flatMap(([color, text]) => swatch(color, text)));
  get("legend").querySelectorAll(".swatch").forEach((s) => { s.style.background = s.dataset.color; });
  get("axis-x").textContent = page.facts.columns[page.shown[0]];
  get("axis-y").textContent = page.facts.columns[page.shown[1]];
}

function theme(dark) {
  page.dark = dark;
  document.documentElement.classList.toggle("dark", dark);
  get("theme").setAttribute("aria-pressed", String(dark));
  if (!page.facts) return Promise.resolve();
  colors();
  return inputs().then(refresh);
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // the browser keeps the clipboard to itself: the text is selected
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}

function wireButtons() {
  const on = (id, kind, work) => get(id).addEventListener(kind, guarded(work));
  get("play").addEventListener("click", () => (page.playing ? stop() : play()));
  on("step", "click", async () => { stop(); await frame(1); status(); await link(); });
  on("reset", "click", async () => { stop(); await begin({ settings: { ...page.wanted } }); });
  on("reseed", "click", async () => change(({ seed }) => ({ seed: (seed + 1) % 2 ** 31 })));
  on("more", "click", async () => change(({ layers }) => ({ layers: [...layers, { units: 2, norm: false, dropout: 0 }] })));
  on("fewer", "click", async () => change(({ layers }) => ({ layers: layers.slice(0, -1) })));
  on("theme", "click", async () => theme(!page.dark));
  on("show-test", "change", refresh);
  on("discrete", "change", refresh);
  on("link", "click", async () => { await link(); await copy(location.href, get("link")); });
  on("script", "click", async () => {
    const { script } = await link();
    get("script-text").value = script;
    get("script-file").href = `data:text/x-python;charset=utf-8,${encodeURIComponent(script)}`;
    get("script-dialog").showModal();
  });
  on("script-copy", "click", async () => { get("script-text").select(); await copy(get("script-text").value, get("script-copy")); });
  get("script-close").addEventListener("click", () => get("script-dialog").close());
  on("csv", "change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    if (file.size > 3 << 20) {
      event.target.value = "";
      say(`${file.name} has ${(file.size / 2 ** 20).toFixed(0)} MiB; expected at most 3 and 5,000 rows: draw a sample of it.`);
      return;
    }
    const text = await file.text();
    event.target.value = ""; // the same file may be chosen again
    const { own } = await request("csv", { text, task: get("own-task").value });
    page.shown = [0, 1];
    await change({ data: "own", own });
  });
  for (const [id, k] of [["shown-x", 0], ["shown-y", 1]]) {
    on(id, "change", async (event) => {
      const chosen = Number(event.target.value);
      if (page.shown[1 - k] === chosen) page.shown[1 - k] = page.shown[k];
      page.shown[k] = chosen;
      get("shown-x").value = page.shown[0];
      get("shown-y").value = page.shown[1];
      colors();
      await inputs();
      await refresh();
    });
  }
  get("exercise").addEventListener("change", (event) => {
    const chosen = tables.exercises[event.target.value];
    const attempt = (one) => guarded(begin)({ settings: one.settings }); // all else as at the start
    showExercise(chosen, attempt);
    if (chosen) attempt(chosen.tries[0]);
  });
  addEventListener("pagehide", () => { stop(); goodbye(page.id); });
  addEventListener("pageshow", (event) => { if (event.persisted) guarded(begin)({ link: page.link }); });
  addEventListener("hashchange", () => {
    const wanted = location.hash.slice(1);
    if (wanted && wanted !== page.link) { stop(); guarded(begin)({ link: wanted }); }
  });
}

async function main() {
  tables = await ask("tables");
  plane = new Plane(get("map"), tables.pixels);
  curve = new Curve(get("curve"));
  network = new Network({
    columns: get("columns"), lines: get("lines"), tip: get("tip"), form: get("editor"), fields: get("editor-fields"),
    title: get("editor-title"), close: get("editor-close"),
  }, tables, {
    change, edit,
    view: (view) => { page.view = view; if (!page.playing && page.id) guarded(refresh)(); },
  });
  wire(tables, change, rate);
  wireButtons();
  await theme(matchMedia("(prefers-color-scheme: dark)").matches);
  const wanted = location.hash.slice(1);
  const opened = wanted && await guarded(begin)({ link: wanted });
  if (!opened) {
    const told = get("message").textContent;
    await begin({ settings: {} });
    say(told);
  }
  document.documentElement.dataset.ready = "yes";
}

guarded(main)();
