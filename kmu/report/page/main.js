// Begins: reads the data, fills what can be chosen, lets every view listen, shows the first state.
"use strict";

(() => {
  const by = (id) => document.getElementById(id);

  /** A select of names and labels that writes its value into the state. */
  function choice(id, options, name) {
    by(id).replaceChildren(...options.map(([value, label]) => kmu.element("option", { value }, label)));
    by(id).addEventListener("change", () => kmu.change({ [name]: by(id).value }));
    kmu.on([name], (state) => { by(id).value = state[name]; });
  }

  /** What is counted and told of the curation. */
  function tell({ units, message }) {
    const count = (state) => units.filter((unit) => unit.state === state).length;
    const kept = units.length - count("rejected");
    const said = [`${kept} motor unit${kept === 1 ? "" : "s"}`];
    for (const state of ["accepted", "rejected"]) if (count(state)) said.push(`${count(state)} ${state}`);
    by("count").textContent = said.join(", ");
    by("message").textContent = message;
  }

  /** The methods paragraph and what was curated by hand. */
  function methods({ units, edits }) {
    const made = (action) => edits.filter((edit) => edit.action === action).length;
    const acts = [["accept", "accepted"], ["reject", "rejected"], ["merge", "merged"], ["split", "split"]]
      .filter(([action]) => made(action))
      .map(([action, word]) => `${made(action)} ${word}`);
    if (made("firings")) acts.push(`firings of ${made("firings")} corrected`);
    const kept = units.filter((unit) => unit.state !== "rejected").length;
    const text = by("methods").dataset.found;
    by("methods").textContent = acts.length && text
      ? `${text} They were curated by hand (${acts.join(", ")}), which left ${kept}.`
      : text;
  }

  function begin() {
    kmu.data = JSON.parse(by("data").textContent);
    by("data").remove();
    kmu.found = kmu.originals(kmu.data);
    by("methods").dataset.found = by("methods").textContent;
    // A result that does not say how it was made has neither command nor paragraph.
    by("made").hidden = !by("methods").textContent;
    by("warnings").hidden = !by("warnings").children.length;
    by("emg").hidden = !kmu.data.emg;
    choice("background", kmu.backgrounds.available().map((name) => [name, kmu.backgrounds.NAMES[name]]), "background");
    choice("colour", Object.entries(kmu.MODES).map(([name, mode]) => [name, mode.label]), "colour");
    by("copy").addEventListener("click", () => {
      navigator.clipboard?.writeText(by("methods").textContent);
      kmu.change({ message: "Copied." });
    });
    kmu.on(["units", "message"], tell);
    kmu.on(["units"], methods);
    for (const part of [kmu.table, kmu.map, kmu.drawing, kmu.courses, kmu.zoom, kmu.unitPanel, kmu.player, kmu.curation, kmu.keys]) {
      part.begin();
    }
    kmu.change({ range: [0, kmu.data.duration] });
    kmu.use(kmu.data.edits, [], [], "");
    kmu.change({ saved: kmu.data.edits });
    globalThis.addEventListener("beforeunload", (event) => {
      if (kmu.state.edits !== kmu.state.saved) event.preventDefault();
    });
  }

  begin();
})();
