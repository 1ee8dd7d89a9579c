// State of the page and what its controls do. DATA is described in viewer.py.

const byId = (id) => document.getElementById(id);
const on = (id, event, act) => byId(id).addEventListener(event, act);
const percent = (share) => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`);
const MOST_ROWS = 500; // of the table of instances
const FEW = 6; // recordings: their list stands above the timeline, which gets the whole width

const recordings = DATA.recordings.map(decode);
const paint = { ...DATA.paint, classes: DATA.classes, highest: Math.max(DATA.highest, 1e-9) };
const state = {
  current: -1,
  threshold: DATA.threshold,
  tiou: DATA.tiou,
  layout: DATA.frames ? "frames" : "rows",
  on: new Uint8Array(DATA.classes.length).fill(1),
};
const media = DATA.recordings.map((recording) => recording.media || "");
let matches = [];
let counts = [];

function matchAll() {
  matches = recordings.map((recording) => matchPredictions(recording, state.tiou));
}

function countAll() {
  counts = recordings.map((recording, i) =>
    countAt(recording, matches[i], state.threshold, state.on));
}

// ------------------------------------------------------------ parts of the page

const columns = [
  { name: "name", title: "name", of: (recording) => recording.id },
  { name: "length", title: "length", of: (recording) => recording.duration,
    text: (value) => formatTime(value, 0) },
  { name: "inst.", title: "number of instances", of: (_, i) => counts[i].instances },
];
if (DATA.predicted) {
  columns.push(
    { name: "hits", title: "hits", of: (_, i) => counts[i].hits },
    { name: "false", title: "false predictions", of: (_, i) => counts[i].false },
    { name: "missed", title: "missed instances", of: (_, i) => counts[i].missed },
  );
}
const list = new RecordingList(byId("list"), recordings, columns, (index) => open(index));

const player = new Player(byId("player"), (seconds) => timeline.playTo(seconds));

const timeline = new Timeline(byId("plot"), paint, {
  hover(bar, x, y) {
    const tip = byId("tip");
    tip.hidden = !bar;
    if (!bar) return;
    tip.textContent = describe(bar).join("\n");
    tip.style.left = `${Math.min(x + 14, window.innerWidth - tip.offsetWidth - 8)}px`;
    const below = y + 16 + tip.offsetHeight < window.innerHeight;
    tip.style.top = `${below ? y + 16 : y - tip.offsetHeight - 10}px`;
  },
  select(bar) {
    byId("detail").textContent = bar ? describe(bar).join(" · ") : "";
  },
  seek: (seconds) => player.seek(seconds),
  toggle: () => player.toggle(),
});

// What is to say about a bar, in lines.
function describe(bar) {
  const recording = recordings[state.current];
  const { gt, pred } = recording;
  const columnsOf = bar.kind === "truth" ? gt : pred;
  const [start, end] = [columnsOf.start[bar.index], columnsOf.end[bar.index]];
  const lines = [
    DATA.classes[bar.label],
    DATA.events ? formatTime((start + end) / 2, 2)
      : `${formatTime(start)} – ${formatTime(end)} (${(end - start).toFixed(1)} s)`,
  ];
  const tiou = (j, i) => tiouOf(gt.start[j], gt.end[j], pred.start[i], pred.end[i]);
  // how near an instance and a prediction are; events are all of one length
  const nearness = (j, i) => (DATA.events ? `${(pred.start[i] - gt.start[j]).toFixed(2)} s off`
    : `tIoU ${tiou(j, i).toFixed(2)}`);
  const match = matches[state.current];
  if (bar.kind === "truth") {
    const by = match.takenBy[bar.index];
    if (!DATA.predicted) return lines;
    if (!bar.unmatched) {
      lines.push(`instance, found: score ${pred.score[by].toFixed(3)}, ` +
        nearness(bar.index, by));
    } else {
      lines.push(by >= 0 ? `instance, missed: found at a score of ${pred.score[by].toFixed(3)} only`
        : "instance, missed at every score");
    }
    return lines;
  }
  lines.push(`score ${pred.score[bar.index].toFixed(3)}`);
  if (bar.kind === "hit") {
    return [...lines, `hit, ${nearness(match.takes[bar.index], bar.index)}`];
  }
  return [...lines, `false: ${whyFalse(gt, bar, tiou, nearness)}`];
}

function whyFalse(gt, bar, tiou, nearness) {
  const best = { own: [0, -1], other: [0, -1] };
  gt.label.forEach((label, j) => {
    const kind = label === bar.label ? "own" : "other";
    const value = tiou(j, bar.index);
    if (value > best[kind][0]) best[kind] = [value, j];
  });
  const [own, j] = best.own;
  const [other, k] = best.other;
  if (own >= state.tiou) {
    return `${nearness(j, bar.index)}, but a higher score has found that instance`;
  }
  if (other >= state.tiou) {
    return `${nearness(k, bar.index)}, but that instance is ${DATA.classes[gt.label[k]]}`;
  }
  return j >= 0 ? `nearest instance of its class: ${nearness(j, bar.index)}`
    : `${DATA.events ? "near" : "overlaps"} no instance of its class`;
}

// ------------------------------------------------------------ showing

function open(index) {
  state.current = index;
  list.mark(index);
  byId("name").textContent = recordings[index].id;
  document.title = `${recordings[index].id} – ${DATA.title}`;
  player.open(media[index]);
  show(false);
  writeHash();
}

// Draw the current recording and the figures; `keepRange`: stay at this part of it.
function show(keepRange) {
  byId("detail").textContent = "";
  timeline.show({ recording: recordings[state.current], match: matches[state.current],
    threshold: state.threshold, on: state.on, layout: state.layout,
    predicted: DATA.predicted }, keepRange);
  showCounts();
  showLegend();
  if (byId("table").open) showTable();
}

function showCounts() {
  const total = { instances: 0, hits: 0, false: 0, missed: 0 };
  for (const count of counts) for (const key of Object.keys(total)) total[key] += count[key];
  for (const [row, count] of [["this", counts[state.current]], ["all", total]]) {
    const rates = ratesOf(count);
    const cells = DATA.predicted
      ? [count.instances, count.hits, count.false, count.missed, percent(rates.precision),
        percent(rates.recall), percent(rates.f1)]
      : [count.instances];
    [...byId(`counts-${row}`).querySelectorAll("td")].forEach((cell, i) => {
      cell.textContent = cells[i];
    });
  }
  byId("plot").setAttribute("aria-label", `timeline of ${recordings[state.current].id}: ` +
    [...byId("counts-this").querySelectorAll("td")].map((cell, i) =>
      `${byId("counts").querySelectorAll("thead th")[i + 1].textContent} ${cell.textContent}`)
      .join(", "));
}

function changed({ rematch = false } = {}) {
  if (rematch) matchAll();
  countAll();
  list.update();
  show(true);
  writeHash();
}

// ------------------------------------------------------------ classes

const classRows = [];

function buildLegend() {
  DATA.classes.forEach((name, label) => {
    const box = make("input", { type: "checkbox", checked: true });
    const swatch = make("span", { className: "swatch" });
    const number = make("span", { className: "number" });
    box.addEventListener("change", () => {
      state.on[label] = box.checked ? 1 : 0;
      changed();
    });
    swatch.style.backgroundColor = paint.colors[label];
    if (paint.hatches[label]) {
      swatch.style.backgroundImage = `url(${hatchTile(paint.hatches[label]).toDataURL()})`;
    }
    const item = make("label", {}, box, swatch, name, number);
    byId("classes").append(item);
    classRows.push({ item, box, number });
  });
  const setAll = (wanted) => () => {
    classRows.forEach(({ box }, label) => {
      box.checked = wanted(label);
      state.on[label] = box.checked ? 1 : 0;
    });
    changed();
  };
  on("every-class", "click", setAll(() => true));
  on("no-class", "click", setAll(() => false));
  on("annotated-classes", "click",
    setAll((label) => recordings[state.current].gt.label.includes(label)));
}

// How many instances of each class this recording has.
function showLegend() {
  const number = new Map();
  for (const label of recordings[state.current].gt.label) {
    number.set(label, (number.get(label) || 0) + 1);
  }
  classRows.forEach((row, label) => {
    row.number.textContent = number.get(label) || "";
    row.item.classList.toggle("absent", !number.has(label));
  });
}

// ------------------------------------------------------------ table

function showTable() {
  const bars = [...timeline.bars].sort((a, b) => a.start - b.start);
  const rows = bars.slice(0, MOST_ROWS).map((bar) => {
    const [name, time, ...rest] = describe(bar);
    const texts = [name, time, bar.kind === "truth" ? "instance" : "prediction",
      rest.join(", ").replace(/^instance, /, "")];
    return make("tr", {}, ...texts.map((text) => make("td", {}, text)));
  });
  byId("table").querySelector("tbody").replaceChildren(...rows);
  byId("table-note").textContent = bars.length > MOST_ROWS
    ? `the first ${MOST_ROWS} of ${bars.length}, by time` : "";
}

// ------------------------------------------------------------ address

// #<recording>&score=0.5&tiou=0.5: what is shown, so that it can be linked.
function readHash() {
  const [name, ...settings] = location.hash.slice(1).split("&");
  for (const setting of settings) {
    const [key, value] = setting.split("=");
    if (key === "score" && Number.isFinite(parseFloat(value))) state.threshold = parseFloat(value);
    if (key === "tiou" && parseFloat(value) > 0 && parseFloat(value) <= 1) {
      state.tiou = parseFloat(value);
    }
  }
  let id = name;
  try { id = decodeURIComponent(name); } catch { /* a name with a bare % */ }
  const index = recordings.findIndex((recording) => recording.id === id);
  byId("unknown").textContent = id && index < 0 ? `This page has no recording "${id}".` : "";
  return index;
}

function writeHash() {
  if (!readyToWrite) return;
  let hash = `#${encodeURIComponent(recordings[state.current].id)}`;
  if (DATA.predicted) hash += `&score=${state.threshold}&tiou=${state.tiou}`;
  try { history.replaceState(null, "", hash); } catch { /* some browsers forbid it in files */ }
}

let readyToWrite = false;

// Play files that the user chose: of the recordings that they are named after.
function takeFiles(files) {
  for (const file of files) {
    const stem = file.name.replace(/\.[^.]*$/, "");
    let index = recordings.findIndex((recording) =>
      [recording.id, encodeURIComponent(recording.id)].includes(stem));
    if (index < 0 && files.length === 1) index = state.current;
    if (index >= 0) media[index] = URL.createObjectURL(file);
  }
  player.open(media[state.current]);
}

// ------------------------------------------------------------ controls

function showControls() {
  byId("score").value = state.threshold;
  byId("score-number").value = Number(state.threshold.toFixed(4));
  const tious = byId("tiou");
  if (![...tious.options].some((option) => Number(option.value) === state.tiou)) {
    tious.add(new Option(state.tiou, state.tiou));
  }
  [...tious.options].forEach((o) => { o.selected = Number(o.value) === state.tiou; });
}

function setThreshold(value) {
  if (!Number.isFinite(value)) return;
  state.threshold = Math.round(value / SCORE_UNIT) * SCORE_UNIT;
  state.threshold = Number(state.threshold.toFixed(4));
  showControls();
  changed();
}

function buildControls() {
  if (DATA.predicted) {
    on("score", "input", (event) => setThreshold(Number(event.target.value)));
    on("score-number", "change", (event) => setThreshold(parseFloat(event.target.value)));
    on("tiou", "change", (event) => {
      state.tiou = Number(event.target.value);
      changed({ rematch: true });
    });
    on("best", "click", () => {
      const best = bestThreshold(recordings, matches, state.on);
      if (best !== null) setThreshold(best);
    });
  }
  const setLayout = (name) => {
    state.layout = name;
    for (const each of ["compact", "frames"]) {
      byId(each).checked = each === name;
      document.body.classList.toggle(each, each === name);
    }
  };
  for (const name of ["compact", "frames"]) {
    on(name, "change", (event) => {
      setLayout(event.target.checked ? name : "rows");
      show(true);
    });
  }
  setLayout(state.layout);
  on("zoom-in", "click", () => timeline.zoom(0.6));
  on("zoom-out", "click", () => timeline.zoom(1 / 0.6));
  on("zoom-reset", "click", () => timeline.reset());
  on("theme", "click", () => {
    setTheme(document.documentElement.dataset.theme === "light");
    timeline.draw();
  });
  dark.addEventListener("change", () => { setTheme(dark.matches); timeline.draw(); });
  on("media", "change", (event) => takeFiles([...event.target.files]));
  on("table", "toggle", () => { if (byId("table").open) showTable(); });
  window.addEventListener("hashchange", () => {
    const before = [state.threshold, state.tiou, state.current].join();
    const index = readHash();
    if (index >= 0) state.current = index;
    if ([state.threshold, state.tiou, state.current].join() === before) return;
    if (DATA.predicted) showControls();
    matchAll();
    countAll();
    list.update();
    open(state.current);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey) return;
    if (event.key === "/") { event.preventDefault(); list.search.focus(); }
    if (event.key === "j") list.step(1);
    if (event.key === "k") list.step(-1);
  });
}

if (recordings.length <= FEW) {
  document.body.classList.add("few", ...(recordings.length === 1 ? ["single"] : []));
}
buildLegend();
buildControls();
const asked = readHash();
if (DATA.predicted) showControls();
matchAll();
countAll();
list.update();
open(Math.max(asked, 0));
readyToWrite = true;
document.body.dataset.ready = "yes";
