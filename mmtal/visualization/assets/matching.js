"use strict";
// What the viewer computes; nothing here touches the page, so that it can be run and tested alone.

const SCORE_UNIT = 1e-4; // the page holds scores in whole units of this, times in whole ms

// Columns of one recording, times in seconds. Predictions come sorted by falling score.
function decode(row) {
  const seconds = (column) => Float64Array.from(column, (ms) => ms / 1000);
  const ends = ([start, length]) => Float64Array.from(start, (ms, i) => (ms + length[i]) / 1000);
  return {
    id: row.id,
    duration: row.d / 1000,
    gt: { start: seconds(row.g[0]), end: ends(row.g), label: row.g[2] },
    pred: {
      start: seconds(row.p[0]),
      end: ends(row.p),
      label: row.p[2],
      score: Float64Array.from(row.p[3], (units) => units * SCORE_UNIT),
    },
  };
}

function tiouOf(startA, endA, startB, endB) {
  const overlap = Math.max(Math.min(endA, endB) - Math.max(startA, startB), 0);
  const union = endA - startA + (endB - startB) - overlap;
  return union > 0 ? overlap / union : 0;
}

// Greedy by score: a prediction takes the free instance of its class that it overlaps most (the
// later one of equals), if the tIoU is at least `tiou`: the same as mmtal.evaluation.
// A score threshold only leaves out the end of the list, hence changes no match before it.
function matchPredictions({ gt, pred }, tiou) {
  const ofClass = new Map();
  for (let j = 0; j < gt.label.length; j++) {
    if (!ofClass.has(gt.label[j])) ofClass.set(gt.label[j], []);
    ofClass.get(gt.label[j]).push(j);
  }
  const takes = new Int32Array(pred.label.length).fill(-1); // instance of each prediction, or -1
  const takenBy = new Int32Array(gt.label.length).fill(-1); // prediction of each instance, or -1
  for (let i = 0; i < takes.length; i++) {
    let best = 0;
    let chosen = -1;
    for (const j of ofClass.get(pred.label[i]) || []) {
      if (takenBy[j] >= 0) continue;
      const value = tiouOf(gt.start[j], gt.end[j], pred.start[i], pred.end[i]);
      if (value > 0 && value >= best) [best, chosen] = [value, j];
    }
    if (chosen >= 0 && best >= tiou) {
      takes[i] = chosen;
      takenBy[chosen] = i;
    }
  }
  return { takes, takenBy };
}

// How many predictions score at least `threshold`: they are the first ones.
function shownCount({ pred }, threshold) {
  let low = 0;
  let high = pred.score.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pred.score[middle] >= threshold - SCORE_UNIT / 2) low = middle + 1;
    else high = middle;
  }
  return low;
}

const TOUCH = 0.001; // s: neighbors may overlap so much

// Of the first `shown` predictions, of classes that are on, those of the best set of which no two
// overlap: the highest sum of score times length, as mmtal.results.segmentation has it.
function bestSet({ pred }, shown, on) {
  const order = [];
  for (let i = 0; i < shown; i++) {
    if (on[pred.label[i]] && pred.end[i] - pred.start[i] > TOUCH) order.push(i);
  }
  order.sort((a, b) => pred.end[a] - pred.end[b] || a - b);
  const best = [0];
  const before = []; // how many of `order` end where a prediction starts
  order.forEach((i, row) => {
    let low = 0;
    for (let high = row; low < high;) {
      const middle = (low + high) >> 1;
      if (pred.end[order[middle]] <= pred.start[i] + TOUCH) low = middle + 1;
      else high = middle;
    }
    before.push(low);
    best.push(Math.max(best[row], best[low] + pred.score[i] * (pred.end[i] - pred.start[i])));
  });
  const chosen = [];
  for (let row = order.length; row > 0;) {
    if (best[row] === best[row - 1]) row -= 1;
    else {
      chosen.push(order[row - 1]);
      row = before[row - 1];
    }
  }
  return chosen.reverse();
}

// `on[label]`: whether the class counts.
function countAt(recording, match, threshold, on) {
  const shown = shownCount(recording, threshold);
  const { gt, pred } = recording;
  const count = { instances: 0, hits: 0, false: 0, missed: 0 };
  for (const label of gt.label) count.instances += on[label];
  for (let i = 0; i < shown; i++) {
    if (on[pred.label[i]]) count[match.takes[i] >= 0 ? "hits" : "false"]++;
  }
  count.missed = count.instances - count.hits;
  return count;
}

function ratesOf(count) {
  const share = (part, whole) => (whole ? part / whole : NaN);
  return {
    precision: share(count.hits, count.hits + count.false),
    recall: share(count.hits, count.instances),
    f1: share(2 * count.hits, count.hits + count.false + count.instances),
  };
}

// The score threshold with the highest F1 over several recordings.
function bestThreshold(recordings, matches, on) {
  const all = [];
  let instances = 0;
  recordings.forEach(({ gt, pred }, r) => {
    for (const label of gt.label) instances += on[label];
    pred.label.forEach((label, i) => {
      if (on[label]) all.push([pred.score[i], matches[r].takes[i] >= 0 ? 1 : 0]);
    });
  });
  all.sort((a, b) => b[0] - a[0]);
  let best = [0, null];
  let hits = 0;
  all.forEach(([score, hit], i) => {
    hits += hit;
    if (i + 1 < all.length && all[i + 1][0] === score) return; // tied scores come together
    const f1 = (2 * hits) / (i + 1 + instances);
    if (f1 > best[0]) best = [f1, score];
  });
  return best[1];
}

// 4000.04 -> "1:06:40.0"
function formatTime(seconds, digits = 1) {
  const scale = 10 ** digits;
  const units = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(units / scale);
  const two = (number) => String(number).padStart(2, "0");
  const rest = digits ? `.${String(units % scale).padStart(digits, "0")}` : "";
  const sign = seconds < 0 && units ? "-" : "";
  return `${sign}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`;
}
