// What is shown now, in one place: every view listens here, and one selection is everywhere.
"use strict";

(() => {
  const listeners = [];
  let changed = null;

  /**
   * units: as edited, rejected ones among them; edits, past and future lists of edits; saved: those
   * that lie in a file; picked: key
   * of a unit; marked: keys of units to merge with it; order: keys as the table shows them; colour,
   * background: names of what is shown; time: s of the playhead; range: s that courses show;
   * mode: "", "draw" or "firings"; message: a sentence for the person who curates.
   */
  const state = {
    units: [], edits: [], past: [], future: [], saved: null, picked: null, marked: new Set(), order: [],
    colour: "unit", background: "power", time: 0, range: [0, 1], playing: false, mode: "",
    message: "",
  };

  /** Calls `act` once after any change of the named parts of the state. */
  function on(names, act) {
    listeners.push({ names, act });
  }

  /** Changes the state; views follow once all of what happens now is done. */
  function change(patch) {
    Object.assign(state, patch);
    if (changed === null) {
      changed = new Set();
      queueMicrotask(() => {
        const names = changed;
        changed = null;
        for (const { names: wanted, act } of listeners) {
          if (wanted.some((name) => names.has(name))) act(state, names);
        }
      });
    }
    for (const name of Object.keys(patch)) changed.add(name);
  }

  const unit = (key) => state.units.find((one) => one.key === key) || null;
  const picked = () => unit(state.picked);

  /** Units that pass the table's filter, in its order. */
  const shown = () => state.order.map(unit).filter(Boolean);

  /** Shown units that are not rejected: what maps and courses draw. */
  const drawn = () => shown().filter((one) => one.state !== "rejected");

  const pick = (key) => change({ picked: key });

  function mark(key) {
    const marked = new Set(state.marked);
    if (!marked.delete(key)) marked.add(key);
    change({ marked });
  }

  /** Units after `edits`; the picked one stays picked, in whatever it has become. */
  function use(edits, past, future, message) {
    const before = picked();
    const units = kmu.derive(kmu.found, edits, kmu.data);
    units.forEach((one) => kmu.describe(one));
    const same = units.find((one) => before && one.key === before.key);
    const kin = units.find((one) => before && one.members.includes(before.members[0]));
    change({
      units, edits, past, future, message, marked: new Set(),
      picked: (same || kin || units[0] || { key: null }).key,
    });
  }

  /** One act of curation: `make` gets the edit list and returns another, or throws a sentence. */
  function edit(make, message) {
    try {
      use(make(state.edits), [...state.past, state.edits], [], message);
    } catch (error) {
      change({ message: error.message });
    }
  }

  function undo() {
    if (!state.past.length) return change({ message: "Nothing to undo." });
    return use(state.past.at(-1), state.past.slice(0, -1), [state.edits, ...state.future], "Undone.");
  }

  function redo() {
    if (!state.future.length) return change({ message: "Nothing to redo." });
    const [next, ...future] = state.future;
    return use(next, [...state.past, state.edits], future, "Done again.");
  }

  /** Adds to a unit what the table shows of it. */
  function describe(one) {
    const fresh = { ...kmu.discharge(one.firings), ...kmu.place(one.territory, kmu.data.grid) };
    const values = { ...one.values };
    for (const name of Object.keys(values)) {
      // What needs the recording is not known of a unit that was changed by hand.
      const ofFirings = one.refired && (name === "silhouette" || name === "quality");
      if (one.changed || ofFirings) values[name] = null;
    }
    for (const [name, value] of Object.entries(fresh)) {
      if (one.changed || one.refired || !(name in values)) values[name] = value;
    }
    one.values = { ...values, score: one.changed || !("score" in values) ? one.score : values.score };
    one.flags = one.flags.filter((name) => one.values[name] !== null);
  }

  Object.assign(kmu, {
    state, on, change, unit, picked, shown, drawn, pick, mark, use, edit, undo, redo, describe,
  });
})();
