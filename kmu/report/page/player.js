// The playhead: played, scrubbed, and shown as a time.
"use strict";

(() => {
  let last = null;

  function step(now) {
    if (!kmu.state.playing) return;
    const speed = Number(document.getElementById("speed").value);
    const passed = last === null ? 0 : Math.min((now - last) / 1000, 0.1);
    last = now;
    const { duration } = kmu.data;
    const time = kmu.state.time + speed * passed;
    kmu.zoom.go(time >= duration ? 0 : time);
    requestAnimationFrame(step);
  }

  function toggle() {
    const playing = !kmu.state.playing;
    const background = kmu.backgrounds.isMovie(kmu.state.background)
      ? kmu.state.background
      : kmu.backgrounds.available().find(kmu.backgrounds.isMovie);
    kmu.change(playing ? { playing, background } : { playing });
    last = null;
    if (playing) requestAnimationFrame(step);
  }

  /** The picked unit's firing before or after the playhead. */
  function firing(direction) {
    const unit = kmu.picked();
    if (!unit) return;
    const { time } = kmu.state;
    const there = unit.firings.filter((at) => (direction > 0 ? at > time + 1e-6 : at < time - 1e-6));
    if (there.length) kmu.zoom.go(direction > 0 ? there[0] : there.at(-1));
  }

  function draw() {
    const { time, playing } = kmu.state;
    const scrub = document.getElementById("scrub");
    scrub.value = time;
    scrub.setAttribute("aria-valuetext", `${time.toFixed(3)} s`);
    document.getElementById("clock").textContent = `${time.toFixed(3)} s`;
    document.getElementById("play").textContent = playing ? "Pause" : "Play";
  }

  function begin() {
    const scrub = document.getElementById("scrub");
    scrub.max = kmu.data.duration;
    scrub.step = 1 / kmu.data.rate;
    scrub.addEventListener("input", () => kmu.zoom.go(Number(scrub.value)));
    document.getElementById("play").addEventListener("click", toggle);
    kmu.on(["time", "playing"], draw);
    draw();
  }

  kmu.player = { begin, toggle, firing };
})();
