// Mouse, touch and keys upon a timeline.

function listenTo(timeline) {
  const { plot, canvas } = timeline;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let drag = null;
  plot.addEventListener("scroll", () => timeline.draw());
  plot.addEventListener("wheel", (event) => {
    const [x] = point(event);
    if (x < timeline.gutter) return; // over the names, the wheel scrolls the rows
    event.preventDefault();
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways) timeline.pan((event.deltaX || event.deltaY) / 800);
    else timeline.zoom(Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 300), timeline.seconds(x));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    drag = { x: event.clientX, y: event.clientY, from: timeline.from, to: timeline.to,
      top: plot.scrollTop, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = point(event);
    if (!drag) {
      timeline.events.hover(timeline.barAt(x, y), event.clientX, event.clientY);
      return;
    }
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.moved ||= Math.hypot(dx, dy) > 4;
    if (!drag.moved) return;
    timeline.events.hover(null);
    const shift = (-dx / (plot.clientWidth - timeline.gutter)) * (drag.to - drag.from);
    timeline.move(drag.from + shift, drag.to + shift);
    plot.scrollTop = drag.top - dy;
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) {
      const [x, y] = point(event);
      timeline.select(timeline.barAt(x, y));
      if (x >= timeline.gutter) timeline.events.seek(timeline.seconds(x));
    }
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("pointerleave", () => timeline.events.hover(null));
  canvas.addEventListener("dblclick", () => timeline.reset());
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => timeline.pan(-0.2), ArrowRight: () => timeline.pan(0.2),
      "+": () => timeline.zoom(0.7), "=": () => timeline.zoom(0.7), "-": () => timeline.zoom(1 / 0.7),
      0: () => timeline.reset(), Home: () => timeline.move(0, timeline.to - timeline.from),
      End: () => timeline.move(timeline.length - (timeline.to - timeline.from), timeline.length),
      " ": () => timeline.events.toggle(), n: () => timeline.step(1), p: () => timeline.step(-1),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
}
