// The picture of one recording: bars on a canvas as large as what can be seen of it, so that neither
// many classes nor many bars make it slow. Pan and zoom in time; rows scroll.

const AXIS = 26; // px
const LANE = 12;
const HIGHEST_LANE = 20; // where there is room
const LANE_GAP = 2;
const ROW_GAP = 9;
const CLASS_LANES = 3; // of a kind; overlapping bars beyond these share the last lane
const COMPACT_LANES = 8;
const FRAMES = 36; // of a recording as one bar
const TICK = 7; // at the boundaries of such bars
const NARROW = 4; // px: narrower bars show no pattern
const HOLLOW = 6; // px: missed instances are at least so wide, so that they are seen to be hollow
const NAME_LINE = 14; // px
const FONT = "system-ui, sans-serif";
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

class Timeline {
  // `paint`: colors of classes and bars. `events`: {hover(bar, x, y), select(bar), seek(seconds),
  // toggle()}; bar may be null.
  constructor(plot, paint, events) {
    this.plot = plot;
    this.canvas = plot.querySelector("canvas");
    this.spacer = plot.querySelector(".spacer");
    this.pen = this.canvas.getContext("2d");
    this.paint = paint;
    this.events = events;
    this.patterns = new Map();
    this.bars = [];
    this.rows = [];
    this.selected = null;
    this.playhead = null; // seconds
    this.pending = false;
    listenTo(this);
    new ResizeObserver(() => requestAnimationFrame(() => this.layout())).observe(plot);
  }

  // `view`: {recording, match, threshold, on, layout, predicted}; layout: rows, compact or frames
  show(view, keepRange) {
    this.view = view;
    const { recording } = view;
    const ends = [...recording.gt.end, ...recording.pred.end];
    this.length = ends.reduce((a, b) => Math.max(a, b), recording.duration) || 1;
    if (!keepRange) [this.from, this.to] = [0, this.length];
    this.selected = null;
    this.layout();
  }

  // ------------------------------------------------------------ what lies where

  layout() {
    if (!this.view) return;
    this.pen.font = `12px ${FONT}`;
    const names = this.paint.classes.map((name) => this.pen.measureText(name).width);
    this.gutter = Math.min(Math.max(80, ...names) + 26, this.plot.clientWidth * 0.3);
    const height = () => {
      const last = this.rows[this.rows.length - 1];
      return AXIS + (last ? last.top + last.height + ROW_GAP : 40);
    };
    const { layout } = this.view;
    const kinds = this.barsByKind();
    if (layout === "frames") this.rows = this.frameRows();
    else this.rows = layout === "compact" ? this.compactRows(kinds) : this.classRows(kinds, LANE);
    if (layout === "rows" && height() < this.plot.clientHeight) {
      const room = Math.floor((LANE * this.plot.clientHeight) / height());
      this.rows = this.classRows(kinds, Math.min(room, HIGHEST_LANE));
    }
    this.bars = this.rows.flatMap((row) => row.bars);
    const content = height();
    this.spacer.style.height = `${Math.max(0, content - this.plot.clientHeight)}px`;
    this.draw();
  }

  // What a recording has lanes of, from above.
  kinds() {
    return this.view.predicted ? ["truth", "hit", "false"] : ["truth"];
  }

  barsByKind() {
    const { recording, match, threshold, on, predicted } = this.view;
    const { gt, pred } = recording;
    const shown = shownCount(recording, threshold);
    const kinds = { truth: [], hit: [], false: [] };
    gt.label.forEach((label, index) => {
      const by = match.takenBy[index];
      const missed = predicted && !(by >= 0 && by < shown);
      if (on[label]) kinds.truth.push(this.bar("truth", gt, index, missed));
    });
    for (let index = shown - 1; index >= 0; index--) { // the highest score comes to lie on top
      const kind = match.takes[index] >= 0 ? "hit" : "false";
      if (on[pred.label[index]]) kinds[kind].push(this.bar(kind, pred, index, kind === "false"));
    }
    return kinds;
  }

  bar(kind, columns, index, unmatched) {
    const [a, b] = [columns.start[index], columns.end[index]];
    return { kind, index, unmatched, label: columns.label[index], start: Math.min(a, b),
      end: Math.max(a, b), score: columns.score ? columns.score[index] : 1 };
  }

  classRows(kinds, lane) {
    const rows = new Map();
    for (const kind of this.kinds()) {
      for (const bar of kinds[kind]) {
        const { label } = bar;
        if (!rows.has(label)) rows.set(label, { label, name: this.paint.classes[label], bars: [] });
        rows.get(label).bars.push(bar);
      }
    }
    const sorted = [...rows.values()].sort((a, b) => a.label - b.label);
    let top = ROW_GAP / 2;
    for (const row of sorted) {
      row.top = top;
      for (const kind of this.kinds()) {
        const own = row.bars.filter((bar) => bar.kind === kind);
        const used = spread(own, CLASS_LANES);
        for (const bar of own) {
          bar.height = lane;
          bar.top = top + bar.lane * (lane + LANE_GAP);
        }
        top += used * (lane + LANE_GAP);
      }
      row.lines = this.wrap(row.name, this.gutter - 26);
      row.height = Math.max(top - row.top, row.lines.length * NAME_LINE);
      top = row.top + row.height + ROW_GAP;
    }
    return sorted;
  }

  compactRows(kinds) {
    const names = { truth: "ground truth", hit: "hits", false: "false" };
    let top = ROW_GAP;
    return this.kinds().map((kind) => {
      const height = 18;
      const used = spread(kinds[kind], COMPACT_LANES);
      for (const bar of kinds[kind]) {
        bar.height = height - 2;
        bar.top = top + bar.lane * height;
      }
      const row = { lines: [names[kind]], label: null, top, height: used * height, bars: kinds[kind] };
      top += row.height + 2 * ROW_GAP;
      return row;
    });
  }

  // The recording as a segmentation: one bar for the truth, one for the best predictions that do
  // not overlap. Where instances overlap, the shorter one lies on top.
  frameRows() {
    const { recording, match, threshold, on, predicted } = this.view;
    const { gt, pred } = recording;
    const length = (index) => gt.end[index] - gt.start[index];
    const truth = [...gt.label.keys()].filter((index) => on[gt.label[index]])
      .sort((a, b) => length(b) - length(a)).map((index) => this.bar("truth", gt, index, false));
    const rows = [{ lines: ["truth"], bars: truth }];
    if (predicted) {
      const shown = shownCount(recording, threshold);
      const best = bestSet(recording, shown, on).map((index) =>
        this.bar(match.takes[index] >= 0 ? "hit" : "false", pred, index, false));
      rows.push({ lines: ["prediction"], bars: best });
    }
    rows.forEach((row, i) => {
      Object.assign(row, { label: null, frames: true, top: ROW_GAP + i * (FRAMES + 2 * TICK),
        height: FRAMES, ticks: i ? -TICK : FRAMES });
      for (const bar of row.bars) Object.assign(bar, { top: row.top, height: FRAMES });
    });
    return rows;
  }

  x(seconds) {
    const width = this.plot.clientWidth - this.gutter;
    return this.gutter + ((seconds - this.from) / (this.to - this.from)) * width;
  }

  seconds(x) {
    const width = this.plot.clientWidth - this.gutter;
    return this.from + ((x - this.gutter) / width) * (this.to - this.from);
  }

  // The topmost bar at a point of the canvas, or null.
  barAt(x, y) {
    if (x < this.gutter || y < AXIS) return null;
    const row = y - AXIS + this.plot.scrollTop;
    for (let i = this.bars.length - 1; i >= 0; i--) {
      const bar = this.bars[i];
      const inRow = row >= bar.top - 1 && row <= bar.top + bar.height + 1;
      if (inRow && x >= this.x(bar.start) - 2 && x <= this.x(bar.end) + 2) return bar;
    }
    return null;
  }

  // ------------------------------------------------------------ drawing

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.drawNow();
    });
  }

  drawNow() {
    const [width, height] = [this.plot.clientWidth, this.plot.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) {
      [this.canvas.width, this.canvas.height] = size;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const pen = this.pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`);
    this.colors = { page: color("page"), ink: color("ink"), soft: color("soft"), line: color("line"),
      outside: color("button"), ground: color("ground"), truth: color("truth"), accent: color("accent") };
    pen.font = `12px ${FONT}`;
    pen.textBaseline = "middle";
    const end = this.x(this.view.recording.duration);
    if (end < width) this.fill(this.colors.outside, Math.max(end, this.gutter), AXIS, width, height);
    this.clipped(0, AXIS, width, height, () => {
      for (const row of this.rows) this.drawRow(row, width, height);
    });
    this.drawAxis(width, height);
    this.drawPlayhead(height);
    if (!this.rows.some((row) => row.bars.length)) {
      pen.fillStyle = this.colors.soft;
      pen.fillText("nothing to show: see the score threshold and the classes", this.gutter + 12, AXIS + 22);
    }
  }

  fill(color, ...box) {
    this.pen.fillStyle = color;
    this.pen.fillRect(...box);
  }

  outline(color, lineWidth, ...box) {
    Object.assign(this.pen, { strokeStyle: color, lineWidth });
    this.pen.strokeRect(...box);
  }

  stroke(color, ...points) {
    const pen = Object.assign(this.pen, { strokeStyle: color, lineWidth: 1 });
    pen.beginPath();
    pen.moveTo(points[0], points[1]);
    pen.lineTo(points[2], points[3]);
    pen.stroke();
  }

  clipped(left, top, right, bottom, draw) {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(left, top, right - left, bottom - top);
    this.pen.clip();
    draw();
    this.pen.restore();
  }

  drawRow(row, width, height) {
    const pen = this.pen;
    const top = AXIS + row.top - this.plot.scrollTop;
    if (top > height || top + row.height < AXIS) return;
    if (row.label !== null) {
      this.fill(this.paint.colors[row.label], 4, top + 1, 8, Math.min(row.height - 3, 12));
    }
    pen.fillStyle = this.colors.ink;
    row.lines.forEach((line, i) => {
      const middle = row.frames ? row.height / 2 : 7 + i * NAME_LINE;
      pen.fillText(line, row.label === null ? 4 : 17, top + middle);
    });
    const below = Math.round(top + row.height + ROW_GAP / 2 - 1) + 0.5;
    if (!row.frames) this.stroke(this.colors.line, 0, below, width, below);
    this.clipped(this.gutter, AXIS, width, height, () => {
      if (row.frames) this.drawGround(row, top);
      for (const bar of row.bars) {
        if (bar.end >= this.from && bar.start <= this.to) this.drawBar(bar);
      }
    });
  }

  // Background, and ticks at the boundaries of what lies on it.
  drawGround(row, top) {
    const [left, right] = [this.x(0), this.x(this.view.recording.duration)];
    this.fill(this.colors.ground, left, top, right - left, row.height);
    for (const bar of row.bars) {
      for (const seconds of [bar.start, bar.end]) {
        const x = Math.round(this.x(seconds)) + 0.5;
        this.stroke(this.colors.truth, x, top + row.ticks, x, top + row.ticks + TICK);
      }
    }
  }

  drawBar(bar) {
    const pen = this.pen;
    const y = AXIS + bar.top - this.plot.scrollTop;
    const hollow = bar.kind === "truth" && bar.unmatched;
    const [left, right] = [this.x(bar.start), this.x(bar.end)];
    const width = Math.max(right - left, hollow ? HOLLOW : 1.5);
    const x = hollow ? (left + right - width) / 2 : left;
    const own = bar.kind === "truth" ? this.colors.truth : this.paint[bar.kind];
    const color = this.inClassColor() ? this.paint.colors[bar.label] : own;
    const strength = Math.min(1, Math.max(0, bar.score / this.paint.highest));
    const { layout } = this.view;
    const opaque = bar.kind === "truth" || layout === "frames";
    pen.globalAlpha = opaque ? 1 : 0.4 + 0.6 * strength;
    const box = [x, y, width, bar.height];
    if (width < NARROW || !bar.unmatched) {
      this.fill(color, ...box);
      if (width >= NARROW) {
        const index = this.inClassColor() && this.paint.hatches[bar.label];
        if (index) this.fill(this.pattern(`hatch ${index}`, () => hatchTile(index)), ...box);
        this.outline(this.colors.page, 1, ...box); // neighbors stay apart
      }
    } else {
      this.fill(this.colors.page, ...box);
      if (bar.kind === "false") this.fill(this.pattern(color, () => stripeTile(color)), ...box);
      this.outline(color, 1.5, x + 0.75, y + 0.75, width - 1.5, bar.height - 1.5);
    }
    pen.globalAlpha = 1;
    const score = opaque ? "" : bar.score.toFixed(2);
    const name = layout === "rows" ? "" : this.paint.classes[bar.label];
    // A score stands whole or not at all; a name may be cut.
    const whole = layout !== "frames" || pen.measureText(name).width < width - 8;
    const text = score && width < 90 ? score : `${score} ${whole ? name : ""}`.trim();
    if (text && width > (bar.height < 15 ? 31 : 36)) this.drawText(text, bar, x, y, width);
    if (bar === this.selected) {
      this.outline(this.colors.ink, 2, x - 2, y - 2, width + 4, bar.height + 4);
    }
  }

  // Beside predictions, rows of classes show by color what is right; the rest shows classes.
  inClassColor() {
    return this.view.layout !== "rows" || !this.view.predicted;
  }

  drawText(text, bar, x, y, width) {
    const pen = this.pen;
    const left = Math.max(x, this.gutter);
    pen.font = `${bar.height < 15 ? 10 : 12}px ${FONT}`;
    const shown = this.fit(text, x + width - left - 6);
    if (shown.length > 1) {
      pen.globalAlpha = 0.85;
      const high = Math.min(bar.height - 3, 17);
      this.fill(this.colors.page, left + 2, y + (bar.height - high) / 2, pen.measureText(shown).width + 3, high);
      pen.globalAlpha = 1;
      pen.fillStyle = this.colors.ink;
      pen.fillText(shown, left + 3.5, y + bar.height / 2 + 0.5);
    }
    pen.font = `12px ${FONT}`;
  }

  drawAxis(width, height) {
    const pen = this.pen;
    this.fill(this.colors.page, 0, 0, width, AXIS);
    const room = (width - this.gutter) / 84;
    const step = TICKS.find((tick) => (this.to - this.from) / tick <= room) || 36000;
    pen.textAlign = "center";
    for (let k = Math.ceil(this.from / step); k * step <= this.to + 1e-9; k++) {
      const x = this.x(k * step);
      this.stroke("rgba(128, 128, 128, 0.18)", Math.round(x) + 0.5, 18, Math.round(x) + 0.5, height);
      pen.fillStyle = this.colors.soft;
      const text = formatTime(k * step, step < 1 ? 1 : 0);
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(Math.max(x, this.gutter + half), width - half), 11);
    }
    pen.textAlign = "left";
    // Which part of the recording is in view.
    const scale = (width - this.gutter) / this.length;
    this.fill(this.colors.line, this.gutter, 21, width - this.gutter, 4);
    const seen = Math.max((this.to - this.from) * scale, 3);
    this.fill(this.colors.accent, this.gutter + this.from * scale, 21, seen, 4);
  }

  drawPlayhead(height) {
    if (this.playhead === null || this.playhead < this.from || this.playhead > this.to) return;
    this.fill("#DD1144", this.x(this.playhead) - 1, 0, 2, height);
  }

  // Show where the player is; the part in view follows it.
  playTo(seconds) {
    this.playhead = seconds;
    const span = this.to - this.from;
    if (seconds !== null && (seconds < this.from || seconds > this.to)) {
      this.move(seconds - 0.05 * span, seconds + 0.95 * span);
    } else this.draw();
  }

  // Lines of a whole text, broken between words or where a word is too long.
  wrap(text, width) {
    const lines = [""];
    for (const piece of text.split(/(?<=[\s_/.,-])/)) {
      for (const part of this.pen.measureText(piece).width > width ? piece : [piece]) {
        const last = lines.length - 1;
        if (!lines[last] || this.pen.measureText(lines[last] + part).width <= width) lines[last] += part;
        else lines.push(part);
      }
    }
    return lines;
  }

  fit(text, width) {
    if (this.pen.measureText(text).width <= width) return text;
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    return low ? `${text.slice(0, low)}…` : "";
  }

  pattern(key, makeTile) {
    if (!this.patterns.has(key)) {
      this.patterns.set(key, this.pen.createPattern(makeTile(), "repeat"));
    }
    return this.patterns.get(key);
  }

  // ------------------------------------------------------------ pan and zoom

  move(from, to) {
    const span = Math.min(Math.max(to - from, Math.min(0.5, this.length)), this.length);
    this.from = Math.min(Math.max(from, 0), this.length - span);
    this.to = this.from + span;
    this.draw();
  }

  pan(share) {
    const shift = share * (this.to - this.from);
    this.move(this.from + shift, this.to + shift);
  }

  zoom(factor, at = (this.from + this.to) / 2) {
    const span = Math.min(Math.max((this.to - this.from) * factor, Math.min(0.5, this.length)), this.length);
    const left = at - ((at - this.from) * span) / (this.to - this.from);
    this.move(left, left + span);
  }

  reset() {
    this.move(0, this.length);
  }

  // The next (1) or previous (-1) bar in time.
  step(direction) {
    const order = [...this.bars].sort((a, b) => a.start - b.start || a.top - b.top);
    if (!order.length) return;
    const at = order.indexOf(this.selected);
    const none = direction > 0 ? 0 : order.length - 1;
    this.select(at < 0 ? order[none] : order[(at + direction + order.length) % order.length]);
    const bar = this.selected;
    const span = this.to - this.from;
    if (bar.start < this.from || bar.end > this.to) {
      this.move((bar.start + bar.end - span) / 2, (bar.start + bar.end + span) / 2);
    }
    const [top, room] = [this.plot.scrollTop, this.plot.clientHeight - AXIS];
    if (bar.top < top || bar.top + bar.height > top + room) {
      this.plot.scrollTop = bar.top - room / 2;
    }
  }

  select(bar) {
    this.selected = bar;
    this.events.select(bar);
    this.draw();
  }
}
