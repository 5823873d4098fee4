// The panel of the picked unit: decisions, territory, twitch, intervals, quality, most alike units.
"use strict";

(() => {
  let charts = [];

  /** An element with properties and children. */
  function element(name, properties, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key.includes("-") || key === "role" || key === "scope") made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  const button = (text, key, act, pressed) => element("button", {
    type: "button", title: key, onclick: act,
    ...(pressed === undefined ? {} : { "aria-pressed": String(pressed) }),
  }, text);

  function number(value, unit = "") {
    if (value === null || value === undefined) return "-";
    const text = Math.abs(value) > 0.9945 && Math.abs(value) < 1 ? value.toFixed(4) : String(Number(value.toPrecision(3)));
    return unit ? `${text} ${unit}` : text;
  }

  const swatch = (unit) => {
    const made = element("span", { className: "swatch" });
    made.style.background = kmu.colour(unit);
    return made;
  };

  function head(unit) {
    const { curation } = kmu;
    const was = unit.members.length > 1 ? ` of ${unit.members.map((k) => kmu.found[k].id).join(", ")}` : "";
    return element("div", { className: "head" },
      element("h2", {}, swatch(unit), `Unit ${unit.id}`),
      unit.state ? element("span", { className: "chip" }, unit.state + was) : null,
      button("Accept", "A", curation.accept, unit.state === "accepted"),
      button("Reject", "X", curation.reject, unit.state === "rejected"),
      button("Mark", "M", curation.mark, kmu.state.marked.has(unit.key)),
      button("Merge marked", "Shift+M", curation.merge),
      button("Split by drawing", "S", kmu.drawing.start),
      button("Split at playhead", "T", curation.splitAt),
      button("Reset", "R", curation.reset),
    );
  }

  /** Territory or regressed map as a small picture. */
  function thumb(caption, values, most, signed) {
    const { grid } = kmu.data;
    const canvas = element("canvas", { className: "thumb", role: "img", "aria-label": caption });
    kmu.backgrounds.paint(canvas, { values, shape: [grid.depth, grid.width], most, signed });
    canvas.style.aspectRatio = `${grid.width * grid.dx} / ${grid.depth * grid.dz}`;
    return element("figure", {}, element("figcaption", {}, caption), canvas);
  }

  function maps(unit) {
    const made = [thumb("territory", Float32Array.from(unit.territory, (v) => v / 255), 1, false)];
    const map = kmu.data.look && kmu.row(kmu.data.look.maps, unit.members[0]);
    if (map) {
      const most = map.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-9);
      made.push(thumb("velocity regressed on the trains", map, most, true));
    }
    return element("div", { className: "pair" }, ...made);
  }

  function chart(caption) {
    const place = element("div", { role: "img", "aria-label": caption });
    return [place, element("figure", {}, element("figcaption", {}, caption), place)];
  }

  function quality(unit) {
    const rows = kmu.data.columns.filter((column) => "good" in column).map((column) => {
      const value = unit.values[column.name];
      const flagged = unit.flags.includes(column.name);
      return element("tr", { title: column.meaning },
        element("th", { scope: "row" }, column.label),
        element("td", { className: flagged ? "flag" : "" }, number(value, column.unit) + (flagged ? " ⚑" : "")),
        element("td", {}, kmu.charts.strip(column, value)),
      );
    });
    if (!rows.length) return element("p", { className: "quiet" }, "Quality was not measured.");
    const { units } = kmu.data.reference;
    const said = `Blue: ${units.true} true units of simulated recordings, orange: ${units.false} ` +
      "false ones (10th to 90th percentile, median white); yellow: this one. ⚑ doubtful.";
    return element("div", {},
      element("table", { className: "strips", "aria-label": "Quality" }, element("tbody", {}, ...rows)),
      element("p", { className: "quiet" }, said));
  }

  /** The five units most like this one: is one of them the same? */
  function alike(unit) {
    const others = kmu.state.units
      .filter((other) => other.key !== unit.key && other.state !== "rejected")
      .map((other) => ({
        other,
        train: kmu.correlation(unit.train, other.train),
        overlap: kmu.overlap(unit.territory, other.territory),
        firings: kmu.agreement(unit.firings, other.firings),
      }))
      .sort((a, b) => Math.abs(b.train) + b.overlap + b.firings - Math.abs(a.train) - a.overlap - a.firings)
      .slice(0, 5);
    if (!others.length) return element("p", { className: "quiet" }, "There is no other unit.");
    const heads = ["unit", "train r", "overlap", "same firings", ""].map((text) =>
      text ? element("th", { scope: "col" }, text) : element("td", {}));
    const rows = others.map(({ other, train, overlap, firings }) => element("tr", {},
      element("td", {}, button(`${other.id}`, "pick this one", () => kmu.pick(other.key))),
      element("td", {}, train.toFixed(2)),
      element("td", {}, overlap.toFixed(2)),
      element("td", {}, firings.toFixed(2)),
      element("td", {}, button("merge", `merge ${unit.id} and ${other.id}`, () =>
        kmu.edit((list) => kmu.changes.merge(list, [unit, other]), `${unit.id} and ${other.id} are one.`))),
    ));
    const table = element("table", { "aria-label": "Most alike units" },
      element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    return element("div", { className: "wide", role: "region", tabIndex: 0, "aria-label": "Most alike units" }, table);
  }

  function note(unit) {
    const field = element("textarea", { id: "note", value: unit.note });
    field.addEventListener("change", () => kmu.curation.note(unit, field.value.trim()));
    return element("label", { style: "display:block" }, "note (N)", field);
  }

  function draw() {
    const place = document.getElementById("unit");
    const unit = kmu.picked();
    charts.forEach((one) => one.destroy());
    charts = [];
    delete kmu.courses.plots.inside;
    if (!unit) {
      place.replaceChildren(element("h2", {}, "No motor unit"),
        element("p", { className: "quiet" }, "Nothing was found, or nothing is picked."));
      return;
    }
    const [twitch, twitchFigure] = chart("averaged twitch, one SD over firings");
    const [intervals, intervalFigure] = chart("intervals between firings");
    const [inside, insideFigure] = chart(
      "velocity in the territory (grey), this unit (colour), what all units leave (dashed)");
    place.replaceChildren(
      head(unit),
      maps(unit),
      element("div", { className: "pair" }, twitchFigure, intervalFigure),
      ...(kmu.data.look ? [insideFigure] : []),
      element("h3", {}, "Quality"), quality(unit),
      element("h3", {}, "Most alike units: are two one?"), alike(unit),
      note(unit),
    );
    charts = [kmu.charts.twitch(twitch, unit), kmu.charts.histogram(intervals, unit)];
    if (kmu.data.look) kmu.charts.velocity(inside, unit);
  }

  function begin() {
    kmu.on(["picked", "units", "colour", "marked"], draw);
  }

  Object.assign(kmu, { element, number, unitPanel: { begin, draw } });
})();
