// Where overlapping bars lie and the patterns that tell them apart.

// A new element with properties and children.
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Give overlapping bars different lanes (bar.lane); returns how many there are, at least 1.
function spread(bars, most) {
  const ends = [];
  for (const bar of [...bars].sort((a, b) => a.start - b.start)) {
    let lane = ends.findIndex((end) => end <= bar.start);
    if (lane < 0) lane = Math.min(ends.length, most - 1);
    bar.lane = lane;
    ends[lane] = Math.max(ends[lane] || 0, bar.end);
  }
  return Math.max(ends.length, 1);
}

// A square to be repeated, drawn by `draw(pen, line)` with one stroke.
function tileOf(size, color, lineWidth, draw) {
  const tile = make("canvas", { width: size, height: size });
  const pen = Object.assign(tile.getContext("2d"), { strokeStyle: color, lineWidth });
  pen.beginPath();
  draw(pen, (...p) => { pen.moveTo(p[0], p[1]); pen.lineTo(p[2], p[3]); });
  pen.stroke();
  return tile;
}

// White marks upon a class color, for the classes that share one; 1 to 6.
function hatchTile(index) {
  return tileOf(8, "#fff", 1.5, (pen, line) => {
    const rising = () => { for (const s of [-8, 0, 8]) line(s - 1, 9, s + 9, -1); };
    const falling = () => { for (const s of [-8, 0, 8]) line(s - 1, -1, s + 9, 9); };
    const kinds = [
      rising,
      () => pen.rect(3, 3, 2.5, 2.5),
      () => { rising(); falling(); },
      falling,
      () => pen.arc(4, 4, 2.5, 0, 7),
      () => { line(4, 0, 4, 8); line(0, 4, 8, 4); },
    ];
    kinds[(index - 1) % kinds.length]();
  });
}

// Slanted stripes of a color, for false predictions.
function stripeTile(color) {
  return tileOf(6, color, 2, (_, line) => {
    for (const shift of [-6, 0, 6]) line(shift - 1, 7, shift + 7, -1);
  });
}
