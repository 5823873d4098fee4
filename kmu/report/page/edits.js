// The edit list and what it makes of the units: the same as kmu.analysis.curation does in Python.
"use strict";

(() => {
  const NAMED = 0.001;
  const DECISIONS = ["accept", "reject", "merge", "split"];
  const named = (edit) => (edit.action === "merge" ? edit.units : [edit.unit]).map((n) => n - 1);
  const decides = (edit) => DECISIONS.includes(edit.action);
  const near = (times, time, within) =>
    times.reduce((best, at) => {
      const apart = Math.abs(at - time);
      return apart <= within && (best === null || apart < Math.abs(best - time)) ? at : best;
    }, null);

  /** Whether a point lies inside a polygon of [depth, lateral] (even-odd rule). */
  function inside(polygon, z, x) {
    let odd = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
      const [a, b] = [polygon[i], polygon[j]];
      if (a[1] > x !== b[1] > x && z < ((b[0] - a[0]) * (x - a[1])) / (b[1] - a[1]) + a[0]) {
        odd = !odd;
      }
    }
    return odd;
  }

  function refired(unit, edit) {
    const times = [...unit.firings];
    for (const time of [].concat(edit.remove || [])) {
      const found = near(times, time, NAMED);
      if (found === null) throw new Error(`unit ${edit.unit} has no firing at ${time} s`);
      times.splice(times.indexOf(found), 1);
    }
    times.push(...[].concat(edit.add || []));
    return { ...unit, firings: times.sort((a, b) => a - b), refired: true };
  }

  function merged(units) {
    const weights = units.map((unit) => unit.territory.reduce((a, b) => a + b, 0) + 1e-6);
    const total = weights.reduce((a, b) => a + b, 0);
    const firings = [];
    for (const time of units.flatMap((unit) => unit.firings).sort((a, b) => a - b)) {
      if (!firings.length || time - firings.at(-1) > kmu.SAME_FIRING) firings.push(time);
    }
    return {
      ...units[0],
      members: units.flatMap((unit) => unit.members),
      territory: units[0].territory.map((_, i) => Math.max(...units.map((u) => u.territory[i]))),
      train: units[0].train.map((_, t) =>
        units.reduce((sum, u, k) => sum + (u.train[t] * weights[k]) / total, 0)),
      firings,
      score: Math.max(...units.map((unit) => unit.score)),
      state: "merged",
      changed: true,
      note: units.map((unit) => unit.note).filter(Boolean).join("; "),
    };
  }

  function split(unit, edit, data) {
    const { depth, width, dz, dx } = data.grid;
    const only = (test) => unit.territory.map((value, i) =>
      test((Math.floor(i / width) + 0.5) * dz, ((i % width) + 0.5) * dx) ? value : 0);
    let parts;
    if ("at" in edit) {
      const end = edit.at * data.rate;
      parts = [true, false].map((before) => ({
        train: unit.train.map((value, t) => (t < end === before ? value : 0)),
        firings: unit.firings.filter((time) => time < edit.at === before),
      }));
    } else if ("polygon" in edit) {
      parts = [true, false].map((within) => ({
        territory: only((z, x) => inside(edit.polygon, z, x) === within),
      }));
    } else {
      const nearest = (z, x) => {
        const away = edit.seeds.map(([a, b]) => (z - a) ** 2 + (x - b) ** 2);
        return away.indexOf(Math.min(...away));
      };
      parts = edit.seeds.map((_, i) => ({ territory: only((z, x) => nearest(z, x) === i) }));
    }
    if (depth && parts.some((part) => part.territory && !part.territory.some((v) => v > 127))) {
      throw new Error("a part would have no territory");
    }
    return parts.map((part, i) => ({
      ...unit,
      ...part,
      key: `${unit.key}.${i + 1}`,
      part: i + 1,
      changed: true,
      state: (edit.drop || []).includes(i + 1) ? "rejected" : "split",
    }));
  }

  /** The units one by one, with other firings and notes, before they are merged or split. */
  function singly(originals, edits) {
    const whole = [...originals];
    const touched = {};
    for (const edit of edits) {
      if (!decides(edit) && edit.action !== "firings" && edit.action !== "note") {
        throw new Error(`there is no action ${edit.action}`);
      }
      for (const k of named(edit)) {
        if (!originals[k]) throw new Error(`there is no unit ${k + 1}`);
        const mark = `${decides(edit) ? "decided" : edit.action} ${k}`;
        if (touched[mark]) throw new Error(`unit ${k + 1} is edited a second time`);
        touched[mark] = true;
        if (edit.action === "firings") whole[k] = refired(whole[k], edit);
        if (edit.note) {
          whole[k] = { ...whole[k], note: [whole[k].note, edit.note].filter(Boolean).join("; ") };
        }
      }
    }
    return whole;
  }

  /** Ids: the first part that is kept has that of its unit, further ones those that no unit had. */
  function name(found, originals) {
    const last = Math.max(0, ...originals.map((unit) => unit.id));
    const further = found.flatMap((parts) => parts.filter((part) => part.state !== "rejected").slice(1));
    further.forEach((part, i) => { part.id = last + i + 1; });
    for (const part of found.flat()) {
      if (part.part && part.state === "rejected") part.id = `${part.id} (part ${part.part})`;
    }
  }

  /**
   * The units that an edit list makes of the original ones; rejected ones stay, in that state.
   * Throws an Error with a sentence if the list cannot be applied.
   */
  function derive(originals, edits, data) {
    const whole = singly(originals, edits);
    const found = whole.map((unit) => [unit]);
    for (const edit of edits.filter(decides)) {
      const chosen = named(edit);
      const unit = whole[chosen[0]];
      if (edit.action === "accept") found[chosen[0]] = [{ ...unit, score: 1, state: "accepted" }];
      if (edit.action === "reject") found[chosen[0]] = [{ ...unit, state: "rejected" }];
      if (edit.action === "split") found[chosen[0]] = split(unit, edit, data);
      if (edit.action === "merge") {
        for (const k of chosen) found[k] = [];
        found[chosen[0]] = [merged(chosen.map((k) => whole[k]))];
      }
    }
    name(found, originals);
    return found.flat();
  }

  Object.assign(kmu, { derive, decides, near, named });
})();
