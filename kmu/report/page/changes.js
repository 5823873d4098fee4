// What each act of curation does to the edit list; all return a new list and change nothing.
"use strict";

(() => {
  const { decides, named, near } = kmu;
  const numbers = (unit) => unit.members.map((k) => k + 1);
  const about = (edit, unit) => named(edit).some((k) => unit.members.includes(k));
  const round = (time) => Math.round(time * 1e5) / 1e5;

  /** Without what was decided about a unit; other firings and notes stay. */
  const undecided = (list, unit) => list.filter((edit) => !(decides(edit) && about(edit, unit)));

  const decide = (list, unit, action) => [
    ...undecided(list, unit),
    ...numbers(unit).map((number) => ({ action, unit: number })),
  ];

  function accept(list, unit) {
    if (unit.state === "accepted") return undecided(list, unit);
    if (unit.part || unit.members.length > 1) {
      throw new Error("A merged or split unit is decided already.");
    }
    return decide(list, unit, "accept");
  }

  function reject(list, unit) {
    if (!unit.part) {
      return unit.state === "rejected" ? undecided(list, unit) : decide(list, unit, "reject");
    }
    return list.map((edit) => {
      if (edit.action !== "split" || !about(edit, unit)) return edit;
      const drop = new Set(edit.drop || []);
      if (!drop.delete(unit.part)) drop.add(unit.part);
      const count = edit.seeds ? edit.seeds.length : 2;
      if (drop.size === count) return { action: "reject", unit: edit.unit };
      const { drop: _, ...rest } = edit;
      return drop.size ? { ...rest, drop: [...drop].sort() } : rest;
    });
  }

  function merge(list, units) {
    if (units.length < 2) {
      throw new Error("Mark another unit first: M on it, or its box in the table.");
    }
    if (units.some((unit) => unit.part)) {
      throw new Error("A part of a split unit cannot be merged: reset the split first.");
    }
    const free = units.reduce(undecided, list);
    const members = units.flatMap(numbers).sort((a, b) => a - b);
    return [...free, { action: "merge", units: members }];
  }

  function split(list, unit, way) {
    if (unit.members.length > 1) {
      throw new Error("A merged unit cannot be split: reset the merge first.");
    }
    return [...undecided(list, unit), { action: "split", unit: numbers(unit)[0], ...way }];
  }

  /** Other firings of a unit; a merged one changes in all units it was made of. */
  function fire(list, unit, { remove = [], add = [] }, originals) {
    let made = list;
    unit.members.forEach((k, place) => {
      const before = list.find((edit) => edit.action === "firings" && edit.unit === k + 1) || {};
      let added = [...(before.add || [])];
      const removed = [...(before.remove || [])];
      for (const time of remove) {
        const mine = near(added, time, 1e-4);
        if (mine !== null) added = added.filter((at) => at !== mine);
        const left = originals[k].firings.filter((at) => !removed.includes(at));
        const reach = unit.members.length > 1 ? kmu.SAME_FIRING : 1e-3;
        const theirs = mine === null ? left.filter((at) => Math.abs(at - time) <= reach) : [];
        removed.push(...theirs);
      }
      if (place === 0) {
        for (const time of add.map(round)) {
          const again = removed.indexOf(time);
          if (again >= 0) removed.splice(again, 1);
          else added.push(time);
        }
      }
      made = made.filter((edit) => !(edit.action === "firings" && edit.unit === k + 1));
      const edit = { action: "firings", unit: k + 1 };
      if (removed.length) edit.remove = removed.sort((a, b) => a - b);
      if (added.length) edit.add = added.sort((a, b) => a - b);
      if (removed.length || added.length) made = [...made, edit];
    });
    return made;
  }

  function note(list, unit, text) {
    const number = numbers(unit)[0];
    const free = list
      .filter((edit) => !(edit.action === "note" && edit.unit === number))
      .map((edit) => {
        if (!about(edit, unit) || !("note" in edit)) return edit;
        const { note: _, ...rest } = edit;
        return rest;
      });
    return text ? [...free, { action: "note", unit: number, note: text }] : free;
  }

  kmu.changes = { accept, reject, merge, split, fire, note, reset: undecided };
})();
