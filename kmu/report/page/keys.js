// Keys: every act has one, and `?` lists them.
"use strict";

(() => {
  const { curation, player, zoom } = kmu;
  const choose = () => document.getElementById("file").click();

  /** The next unit of the table. */
  function next(step) {
    const keys = kmu.state.order;
    const at = keys.indexOf(kmu.state.picked);
    const key = keys[Math.min(Math.max(at + step, 0), keys.length - 1)];
    if (key) kmu.pick(key);
  }

  function help() {
    document.getElementById("help").showModal();
  }

  function noteField() {
    document.getElementById("note")?.focus();
  }

  const frame = (count) => zoom.go(kmu.state.time + count / kmu.data.rate);

  // Key, what the list says of it, what it does.
  const BINDINGS = [
    ["j", "next unit (also ↓)", () => next(1)],
    ["k", "previous unit (also ↑)", () => next(-1)],
    ["a", "accept; again: undecided", curation.accept],
    ["x", "reject; again: undecided", curation.reject],
    ["m", "mark for merging", curation.mark],
    ["Shift+M", "merge the marked units with this one", curation.merge],
    ["s", "split by drawing around a part", kmu.drawing.start],
    ["t", "split in time at the playhead", curation.splitAt],
    ["r", "take back what was decided about it", curation.reset],
    ["n", "write a note (Escape leaves it)", noteField],
    [",", "to the firing before", () => player.firing(-1)],
    [".", "to the firing after", () => player.firing(1)],
    ["i", "add a firing at the playhead", () => curation.addFiring(kmu.state.time)],
    ["Delete", "delete the firing at the playhead", () => curation.atPlayhead(curation.removeFiring)],
    ["[", "move the firing at the playhead 2 ms earlier", () => curation.nudge(-0.002)],
    ["]", "move it 2 ms later", () => curation.nudge(0.002)],
    ["f", "edit firings by mouse", curation.toggleFirings],
    ["u", "undo", kmu.undo],
    ["Shift+U", "do again", kmu.redo],
    [" ", "play or pause", player.toggle],
    ["<", "a frame back", () => frame(-1)],
    [">", "a frame on", () => frame(1)],
    ["+", "zoom in", () => zoom.zoom(0.5)],
    ["-", "zoom out", () => zoom.zoom(2)],
    ["0", "whole recording", zoom.whole],
    ["ArrowLeft", "earlier", () => zoom.pan(-0.25)],
    ["ArrowRight", "later", () => zoom.pan(0.25)],
    ["/", "filter the table", () => document.getElementById("filter").focus()],
    ["d", "save the edit list", curation.save],
    ["l", "load an edit list", choose],
    ["?", "this list", help],
  ];
  const ALSO = { ArrowDown: "j", ArrowUp: "k", "=": "+" };
  const SPELLED = { " ": "Space", ArrowLeft: "←", ArrowRight: "→" };

  /** Ctrl+Z, with Shift the other way; what else goes with Ctrl, Alt or Meta is the browser's. */
  function withControl(event) {
    if (event.altKey || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    (event.shiftKey ? kmu.redo : kmu.undo)();
  }

  /** A focused button is pressed by the space bar, a slider is moved by arrows. */
  function itsOwn({ key, target }) {
    return (key === " " && target.matches("button, summary, input")) ||
      (key.startsWith("Arrow") && target.matches("input"));
  }

  function binding(event) {
    const shifted = event.shiftKey && /^[A-Z]$/.test(event.key);
    const name = shifted ? `Shift+${event.key}` : ALSO[event.key] || event.key;
    const called = (wanted) => BINDINGS.find(([key]) => key === wanted);
    return called(name) || called(name.toLowerCase());
  }

  function pressed(event) {
    const { target } = event;
    const writes = target.matches("input:not([type=checkbox]):not([type=range]), textarea, select");
    if (event.key === "Escape" && writes) target.blur();
    if (document.getElementById("help").open || writes) return;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      withControl(event);
      return;
    }
    if (kmu.state.mode === "draw") {
      if (kmu.drawing.key(event)) event.preventDefault();
      return;
    }
    if (event.key === "Escape") kmu.change({ mode: "", message: "" });
    const found = itsOwn(event) ? null : binding(event);
    if (!found) return;
    event.preventDefault();
    found[2]();
  }

  function begin() {
    document.addEventListener("keydown", pressed);
    document.getElementById("keys").addEventListener("click", help);
    document.getElementById("close").addEventListener("click", () => document.getElementById("help").close());
    const listed = BINDINGS.flatMap(([key, text]) => [
      kmu.element("dt", {}, kmu.element("kbd", {}, SPELLED[key] || key.replace(/^[a-z]$/, (k) => k.toUpperCase()))),
      kmu.element("dd", {}, text),
    ]);
    document.getElementById("bindings").append(...listed);
  }

  kmu.keys = { begin };
})();
