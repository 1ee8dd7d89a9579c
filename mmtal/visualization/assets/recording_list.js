// The list of recordings: only the rows in sight are in the page, so that it may be long.

const ROW = 26; // px, as in viewer.css

class RecordingList {
  // `columns`: [{name, title, of(recording, index), text(value)}]; the first one is searched.
  constructor(root, recordings, columns, choose) {
    this.recordings = recordings;
    this.columns = columns;
    this.choose = choose;
    this.query = "";
    this.sort = { column: null, falling: false };
    this.current = -1;
    this.search = root.querySelector("input[type=search]");
    this.head = root.querySelector(".head");
    this.scroller = root.querySelector(".rows");
    this.body = root.querySelector(".body");
    this.found = root.querySelector(".found");
    this.buildHead();
    this.search.addEventListener("input", () => {
      this.query = this.search.value.trim().toLowerCase();
      this.scroller.scrollTop = 0;
      this.update();
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.order.length) this.choose(this.order[0]);
    });
    this.scroller.addEventListener("scroll", () => this.fill());
    this.scroller.addEventListener("keydown", (event) => {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
      if (!Object.hasOwn(steps, event.key)) return;
      event.preventDefault();
      this.step(steps[event.key]);
    });
    new ResizeObserver(() => requestAnimationFrame(() => this.fill())).observe(this.scroller);
  }

  buildHead() {
    for (const column of this.columns) {
      column.button = make("button", { title: `sort by ${column.title}` }, column.name);
      column.cell = make("div", { role: "columnheader" }, column.button);
      column.button.addEventListener("click", () => {
        const again = this.sort.column === column;
        // Numbers start with the largest, names with the first.
        const falling = again ? !this.sort.falling : column !== this.columns[0];
        this.sort = { column, falling };
        this.update();
      });
      this.head.append(column.cell);
    }
  }

  // Filter and sort again: the search, the order or the counts changed.
  update() {
    const { column, falling } = this.sort;
    this.order = [...this.recordings.keys()].filter((i) =>
      this.recordings[i].id.toLowerCase().includes(this.query));
    if (column) {
      const keys = this.recordings.map((recording, i) => column.of(recording, i));
      const compare = column === this.columns[0]
        ? new Intl.Collator("en", { numeric: true }).compare
        : (a, b) => a - b;
      this.order.sort((a, b) => (falling ? -1 : 1) * compare(keys[a], keys[b]) || a - b);
    }
    for (const each of this.columns) {
      const own = each === column;
      each.cell.ariaSort = own ? (falling ? "descending" : "ascending") : "none";
      each.button.textContent = each.name + (own ? (falling ? " ▼" : " ▲") : "");
    }
    const [some, all] = [this.order.length, this.recordings.length];
    this.found.textContent = some === all ? `${all} recordings` : `${some} of ${all} recordings`;
    this.body.style.height = `${this.order.length * ROW}px`;
    this.fill();
  }

  fill() {
    if (!this.order) return;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - 5);
    const last = Math.min(this.order.length,
      Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + 5);
    const rows = [];
    for (let position = first; position < last; position++) rows.push(this.row(position));
    this.body.replaceChildren(...rows);
  }

  row(position) {
    const index = this.order[position];
    const cells = this.columns.map((column, i) => {
      const value = column.of(this.recordings[index], index);
      const text = column.text ? column.text(value) : value;
      return make("div", { role: "gridcell", title: i ? "" : value }, text);
    });
    const row = make("div", { className: "row", id: `recording-${index}`, role: "row",
      ariaRowIndex: position + 1, ariaSelected: index === this.current }, ...cells);
    row.style.top = `${position * ROW}px`;
    row.addEventListener("click", () => this.choose(index));
    return row;
  }

  // Mark a recording and bring it into view.
  mark(index) {
    this.current = index;
    const position = this.order.indexOf(index);
    if (position >= 0) {
      const [top, height] = [this.scroller.scrollTop, this.scroller.clientHeight];
      if (position * ROW < top) this.scroller.scrollTop = position * ROW;
      else if ((position + 1) * ROW > top + height) {
        this.scroller.scrollTop = (position + 1) * ROW - height;
      }
    }
    this.scroller.setAttribute("aria-activedescendant", `recording-${index}`);
    this.fill();
  }

  step(by) {
    if (!this.order.length) return;
    const at = this.order.indexOf(this.current);
    this.choose(this.order[Math.min(Math.max(at + by, 0), this.order.length - 1)]);
  }
}
