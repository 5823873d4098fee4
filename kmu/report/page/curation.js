// Acts of curation on the picked unit, and the edit list as a file.
"use strict";

(() => {
  const { changes } = kmu;
  const moment = (time) => `${time.toFixed(3)} s`;

  /** Calls `act` with the picked unit, if there is one. */
  function withPicked(act) {
    const unit = kmu.picked();
    if (unit) act(unit);
    else kmu.change({ message: "No unit is picked." });
  }

  /** After a decision the next undecided unit of the table is picked, as in a sorting line. */
  function decide(name, done) {
    withPicked((unit) => {
      const undone = unit.state === { accept: "accepted", reject: "rejected" }[name];
      kmu.edit((list) => changes[name](list, unit), undone ? `Unit ${unit.id} is undecided again.` : `Unit ${unit.id} is ${done}.`);
      const keys = kmu.state.order;
      const after = keys.slice(keys.indexOf(unit.key) + 1).find((key) => kmu.unit(key)?.state === "");
      if (!undone && after) kmu.pick(after);
    });
  }

  const accept = () => decide("accept", "accepted");
  const reject = () => decide("reject", "rejected");
  const mark = () => withPicked((unit) => kmu.mark(unit.key));
  const reset = () => withPicked((unit) =>
    kmu.edit((list) => changes.reset(list, unit), `Unit ${unit.id} is undecided again.`));
  const note = (unit, text) => kmu.edit((list) => changes.note(list, unit, text), "Noted.");

  function merge() {
    withPicked((unit) => {
      const keys = new Set([...kmu.state.marked, unit.key]);
      const units = kmu.state.units.filter((one) => keys.has(one.key));
      kmu.edit((list) => changes.merge(list, units), `${units.map((one) => one.id).join(", ")} are one.`);
    });
  }

  function splitAt() {
    withPicked((unit) => {
      const at = Math.round(kmu.state.time * 1e4) / 1e4;
      if (at <= 0 || at >= kmu.data.duration) {
        kmu.change({ message: "Set the playhead to the time to split at first." });
        return;
      }
      kmu.edit((list) => changes.split(list, unit, { at }), `Unit ${unit.id} is split at ${moment(at)}.`);
    });
  }

  function fire(what, message) {
    withPicked((unit) =>
      kmu.edit((list) => changes.fire(list, unit, what, kmu.found), `Unit ${unit.id}: ${message}.`));
  }

  const addFiring = (time) => fire({ add: [time] }, `a firing added at ${moment(time)}`);
  const removeFiring = (time) => fire({ remove: [time] }, `the firing at ${moment(time)} deleted`);

  function moveFiring(from, to) {
    const at = Math.min(Math.max(to, 0), kmu.data.duration);
    fire({ remove: [from], add: [at] }, `the firing at ${moment(from)} moved to ${moment(at)}`);
  }

  /** The picked unit's firing at the playhead, to be deleted or moved by key. */
  function atPlayhead(act) {
    withPicked((unit) => {
      const there = kmu.near(unit.firings, kmu.state.time, kmu.SAME_FIRING);
      if (there === null) kmu.change({ message: "No firing at the playhead: , and . go to one." });
      else act(there);
    });
  }

  function nudge(seconds) {
    atPlayhead((there) => {
      moveFiring(there, there + seconds);
      kmu.zoom.go(there + seconds);
    });
  }

  function toggleFirings() {
    const on = kmu.state.mode !== "firings";
    kmu.change({
      mode: on ? "firings" : "",
      message: on ? "Firings of the picked unit: click adds or deletes, drag moves." : "",
    });
  }

  const file = () => ({ edits: kmu.state.edits, result: kmu.data.result, kmu: kmu.data.kmu });

  /** Downloads the edit list that `kmu curate` applies. */
  function save() {
    const text = `${JSON.stringify(file(), null, 1)}\n`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const stem = kmu.data.result.replace(/\.(h5|hdf5)$/, "");
    link.download = `${stem}.edits.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    kmu.change({
      saved: kmu.state.edits,
      message: `Apply it with: kmu curate ${kmu.data.result} --edits ${link.download} -o ${stem}.curated.h5`,
    });
  }

  async function load(chosen) {
    try {
      const { edits } = JSON.parse(await chosen.text());
      if (!Array.isArray(edits)) throw new Error("no edits in it");
      kmu.derive(kmu.found, edits, kmu.data);
      kmu.edit(() => edits, `${edits.length} edits from ${chosen.name}.`);
    } catch (error) {
      kmu.change({ message: `${chosen.name} is no edit list of this result: ${error.message}` });
    }
  }

  function begin() {
    const chooser = document.getElementById("file");
    const acts = { undo: kmu.undo, redo: kmu.redo, save, load: () => chooser.click(), firing: toggleFirings };
    for (const [name, act] of Object.entries(acts)) {
      document.getElementById(name).addEventListener("click", act);
    }
    chooser.addEventListener("change", () => {
      if (chooser.files.length) load(chooser.files[0]);
      chooser.value = "";
    });
    kmu.on(["mode"], ({ mode }) => {
      document.getElementById("firing").setAttribute("aria-pressed", String(mode === "firings"));
    });
    kmu.on(["past", "future"], ({ past, future }) => {
      document.getElementById("undo").disabled = !past.length;
      document.getElementById("redo").disabled = !future.length;
    });
  }

  kmu.curation = {
    begin, accept, reject, mark, merge, splitAt, reset, note, addFiring, removeFiring, moveFiring,
    atPlayhead, nudge, toggleFirings, save,
  };
})();
