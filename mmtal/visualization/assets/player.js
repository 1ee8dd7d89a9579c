// The video or audio of a recording, in step with the timeline.

class Player {
  // `moved(seconds)`: playing has got there; null: there is nothing to play.
  constructor(element, moved) {
    this.element = element;
    this.moved = moved;
    const follow = () => {
      moved(element.currentTime);
      if (!element.paused) requestAnimationFrame(follow);
    };
    for (const name of ["play", "seeked", "loadedmetadata"]) element.addEventListener(name, follow);
    element.addEventListener("loadedmetadata", () => {
      element.classList.toggle("audio", !element.videoWidth);
    });
    element.addEventListener("error", () => {
      if (!element.hidden) byId("detail").textContent = `The browser cannot play ${element.src}`;
    });
  }

  // `address`: of the file; "" without one.
  open(address) {
    this.element.hidden = !address;
    this.moved(null);
    if (address) this.element.src = address;
    else this.element.removeAttribute("src");
    this.element.load();
  }

  seek(seconds) {
    if (!this.element.hidden) this.element.currentTime = seconds;
  }

  toggle() {
    if (this.element.hidden) return;
    if (this.element.paused) this.element.play();
    else this.element.pause();
  }
}
