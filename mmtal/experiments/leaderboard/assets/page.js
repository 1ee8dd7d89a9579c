"use strict";
// Tables sort by any column, classes show one tIoU or the average, benchmarks can be hidden.
// Works on what the page already holds: without the script all tables can still be read.

function cellValue(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value;
  return value === undefined ? cell.textContent.trim() : value === "" ? null : Number(value);
}

function compare(a, b) {
  return typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
}

// Empty cells stay last in both directions.
function sortTable(table, column, descending) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: cellValue(row, column) }));
  const filled = rows.filter((item) => item.value !== null);
  const empty = rows.filter((item) => item.value === null);
  filled.sort((a, b) => (descending ? compare(b.value, a.value) : compare(a.value, b.value)));
  body.append(...[...filled, ...empty].map((item) => item.row));
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    if (index === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}

// Numbers start with the best, names with the first.
function onHead(head) {
  const table = head.closest("table");
  const first = [...table.tBodies[0].rows].map((row) => cellValue(row, head.cellIndex));
  const numeric = first.some((value) => typeof value === "number");
  const now = head.getAttribute("aria-sort");
  sortTable(table, head.cellIndex, now ? now === "ascending" : numeric);
}

function addSorting(table) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "sort by this column";
    button.append(...head.childNodes);
    button.addEventListener("click", () => onHead(head));
    head.append(button);
  }
}

// ---------------------------------------------------------------- classes

function heat(cell, value) {
  cell.dataset.value = value === null ? "" : value;
  cell.textContent = value === null ? "-" : (100 * value).toFixed(1);
  // Pale enough for dark text at any value.
  cell.style.background = `rgba(0, 114, 178, ${(0.75 * (value ?? 0)).toFixed(3)})`;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function showClasses(box) {
  const data = DATA[Number(box.dataset.table)];
  const threshold = box.querySelector("select").value;
  for (const row of box.querySelector("tbody").rows) {
    const byMethod = data.classes[row.dataset.name];
    byMethod.forEach((ap, method) => {
      const value = ap === null ? null : threshold === "" ? mean(ap) : ap[Number(threshold)];
      heat(row.cells[method + 1], value);
    });
  }
  // Keep the order that the reader chose.
  const head = box.querySelector("th[aria-sort]");
  if (head) {
    const descending = head.getAttribute("aria-sort") === "descending";
    sortTable(head.closest("table"), head.cellIndex, descending);
  }
}

// ---------------------------------------------------------------- filters

function applyFilters() {
  const shown = new Set(
    [...document.querySelectorAll("#filters input[name=benchmark]:checked")].map((i) => i.value),
  );
  for (const section of document.querySelectorAll("section.board")) {
    section.hidden = !shown.has(section.dataset.benchmark);
  }
  const published = document.getElementById("show-published").checked;
  document.body.classList.toggle("without-published", !published);
  document.getElementById("none").hidden = shown.size > 0;
}

function setAll(checked) {
  for (const input of document.querySelectorAll("#filters input[name=benchmark]")) {
    input.checked = checked;
  }
  applyFilters();
}

document.querySelectorAll("table.sortable").forEach(addSorting);
for (const box of document.querySelectorAll(".classes")) {
  box.querySelector("select").addEventListener("change", () => showClasses(box));
  showClasses(box);
}
document.getElementById("filters").addEventListener("change", applyFilters);
document.getElementById("all").addEventListener("click", () => setAll(true));
document.getElementById("no").addEventListener("click", () => setAll(false));
applyFilters();
document.body.dataset.ready = "yes";
