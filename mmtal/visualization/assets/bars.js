// Where overlapping bars lie and the patterns that tell them apart.

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

// White marks upon a class color, for the classes that share one; 1 to 6.
function hatchTile(index) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = "#fff";
  pen.lineWidth = 1.5;
  const line = (...p) => { pen.moveTo(p[0], p[1]); pen.lineTo(p[2], p[3]); };
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
  pen.beginPath();
  kinds[(index - 1) % kinds.length]();
  pen.stroke();
  return tile;
}

// Slanted stripes of a color, for false predictions.
function stripeTile(color) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return tile;
}
