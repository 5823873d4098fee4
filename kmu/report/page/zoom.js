// Time: zooming and panning of all courses at once, and firings edited by mouse.
"use strict";

(() => {
  const SHORTEST = 0.05;
  const NEAR_PIXELS = 6;

  /** Shows from..to, kept inside the recording. */
  function show(from, to) {
    const { duration } = kmu.data;
    const length = Math.min(Math.max(to - from, SHORTEST), duration);
    const start = Math.min(Math.max(from, 0), duration - length);
    kmu.change({ range: [start, start + length] });
  }

  /** Zooms by a factor (below 1: closer) about a time. */
  function zoom(factor, about) {
    const [from, to] = kmu.state.range;
    const inside = kmu.state.time >= from && kmu.state.time <= to;
    const fixed = about ?? (inside ? kmu.state.time : (from + to) / 2);
    const length = Math.max((to - from) * factor, SHORTEST);
    show(fixed - ((fixed - from) / (to - from)) * length, fixed + ((to - fixed) / (to - from)) * length);
  }

  /** Moves by a share of what is shown. */
  function pan(share) {
    const [from, to] = kmu.state.range;
    show(from + share * (to - from), to + share * (to - from));
  }

  const whole = () => show(0, kmu.data.duration);

  /** Sets the playhead, and moves what is shown so that it can be seen. */
  function go(time) {
    const at = Math.min(Math.max(time, 0), kmu.data.duration);
    const [from, to] = kmu.state.range;
    kmu.change({ time: at });
    if (at < from || at > to) show(at - (to - from) / 2, at + (to - from) / 2);
  }

  /** The picked unit's firing at a place of a plot, if there is one. */
  function firingAt(plot, x) {
    const unit = kmu.picked();
    const reach = plot.posToVal(NEAR_PIXELS, "x") - plot.posToVal(0, "x");
    return unit && kmu.near(unit.firings, plot.posToVal(x, "x"), reach);
  }

  function click(plot, x, y) {
    const time = Math.min(Math.max(plot.posToVal(x, "x"), 0), kmu.data.duration);
    const units = plot.units || [];
    if (kmu.state.mode === "firings") {
      const there = firingAt(plot, x);
      if (there === null) kmu.curation.addFiring(time);
      else kmu.curation.removeFiring(there);
      return;
    }
    kmu.change({ time });
    if (plot === kmu.courses.plots.trains || plot === kmu.courses.plots.raster) {
      const unit = units[Math.round(-plot.posToVal(y, "y"))];
      if (unit) kmu.pick(unit.key);
    }
  }

  /** Wheel, drag, click and double click on one plot. */
  function attach(plot) {
    const { over } = plot;
    let start = null;
    over.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = over.getBoundingClientRect();
      if (event.shiftKey) pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
      else zoom(event.deltaY < 0 ? 0.8 : 1.25, plot.posToVal(event.clientX - box.left, "x"));
    }, { passive: false });
    over.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const box = over.getBoundingClientRect();
      const x = event.clientX - box.left;
      const firing = kmu.state.mode === "firings" ? firingAt(plot, x) : null;
      start = { x: event.clientX, range: kmu.state.range, moved: false, firing };
      over.setPointerCapture(event.pointerId);
    });
    over.addEventListener("pointermove", (event) => {
      if (!start) return;
      const away = event.clientX - start.x;
      start.moved = start.moved || Math.abs(away) > 3;
      if (!start.moved || start.firing !== null) return;
      const [from, to] = start.range;
      const seconds = (-away * (to - from)) / over.clientWidth;
      show(from + seconds, to + seconds);
    });
    over.addEventListener("pointerup", (event) => {
      if (!start) return;
      const box = over.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const { moved, firing } = start;
      start = null;
      if (!moved) click(plot, x, y);
      else if (firing !== null) kmu.curation.moveFiring(firing, plot.posToVal(x, "x"));
    });
    over.addEventListener("pointercancel", () => { start = null; });
    over.addEventListener("dblclick", whole);
  }

  function begin() {
    const acts = { in: () => zoom(0.5), out: () => zoom(2), back: () => pan(-0.5), forth: () => pan(0.5), whole };
    for (const [name, act] of Object.entries(acts)) {
      document.getElementById(name).addEventListener("click", act);
    }
  }

  kmu.zoom = { begin, attach, show, zoom, pan, whole, go };
})();
