// The table of units: sorted, filtered, picked from; what it shows is what all views show.
"use strict";

(() => {
  const FIRST = ["quality", "score", "discharge_rate", "firings", "interval_cov", "recruitment", "centroid_depth", "area", "peak_velocity"];
  const OWN = {
    recruitment: { label: "first firing", unit: "s", meaning: "time of the first firing" },
    score: { label: "score", unit: "", meaning: "the model's own, from 0 to 1" },
  };
  const SHORT = { rate: "discharge_rate", depth: "centroid_depth", cov: "interval_cov", first: "recruitment" };
  let sorted = { name: "score", falling: true };
  let all = false;

  const column = (name) =>
    kmu.data.columns.find((one) => one.name === name) || (OWN[name] && { name, ...OWN[name] });

  function columns() {
    const rest = kmu.data.columns.map((one) => one.name).filter((name) => !FIRST.includes(name));
    return (all ? [...FIRST, ...rest] : FIRST).map(column).filter(Boolean);
  }

  /** Whether a unit passes one word of the filter, such as doubtful, quality<0.5 or rejected. */
  function passes(unit, word) {
    const compared = word.match(/^([\w ]+?)(<=|>=|<|>|=)(-?[\d.]+)$/);
    if (compared) {
      const [, name, sign, text] = compared;
      const value = name === "id" ? unit.id : unit.values[SHORT[name] || name];
      if (value === null || value === undefined) return false;
      const limit = Number(text);
      return { "<": value < limit, ">": value > limit, "<=": value <= limit, ">=": value >= limit, "=": value === limit }[sign];
    }
    if (word === "doubtful") return unit.flags.length > 0;
    if (word === "decided") return unit.state !== "";
    if (word === "undecided") return unit.state === "";
    if (/^\d+$/.test(word)) return String(unit.id) === word;
    return [unit.state, unit.note, ...unit.flags].join(" ").toLowerCase().includes(word);
  }

  /** Keys of the units that pass the filter, in the order of the table. */
  function ordered() {
    const words = document.getElementById("filter").value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const value = (unit) => {
      if (sorted.name === "id") return parseFloat(unit.id);
      if (sorted.name === "state") return unit.state;
      return unit.values[sorted.name];
    };
    const missing = (v) => v === null || v === undefined;
    const kept = kmu.state.units.filter((unit) => words.every((word) => passes(unit, word)));
    kept.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
      const order = x < y ? -1 : Number(x > y);
      return sorted.falling ? -order : order;
    });
    return kept.map((unit) => unit.key);
  }

  const refresh = () => kmu.change({ order: ordered() });

  function heading(name, label, meaning, unit) {
    const button = kmu.element("button", { type: "button", title: meaning }, label + (unit ? ` (${unit})` : ""));
    button.addEventListener("click", () => {
      sorted = { name, falling: sorted.name === name ? !sorted.falling : name !== "id" };
      refresh();
      document.querySelector(`#units th[data-name="${name}"] button`).focus();
    });
    const on = sorted.name === name;
    if (on) button.append(sorted.falling ? " ↓" : " ↑");
    return kmu.element("th", {
      scope: "col", "data-name": name, "aria-sort": on ? (sorted.falling ? "descending" : "ascending") : "none",
    }, button);
  }

  function row(unit) {
    const { picked, marked } = kmu.state;
    const box = kmu.element("input", {
      type: "checkbox", checked: marked.has(unit.key), "aria-label": `mark unit ${unit.id}`,
    });
    box.addEventListener("click", (event) => {
      event.stopPropagation();
      kmu.mark(unit.key);
    });
    const swatch = kmu.element("span", { className: "swatch" });
    swatch.style.background = kmu.colour(unit);
    const made = kmu.element("tr", { "data-key": unit.key, className: unit.state },
      kmu.element("td", {}, box),
      kmu.element("th", { scope: "row" },
        kmu.element("button", { type: "button", "aria-pressed": String(unit.key === picked) }, swatch, String(unit.id))),
      kmu.element("td", {}, unit.state + (unit.refired ? " ✎" : "") + (unit.note ? " ✉" : "")),
      ...columns().map((one) => kmu.element("td", {
        className: unit.flags.includes(one.name) ? "flag" : "",
      }, kmu.number(unit.values[one.name]) + (unit.flags.includes(one.name) ? " ⚑" : ""))),
    );
    made.classList.toggle("picked", unit.key === picked);
    made.addEventListener("click", () => kmu.pick(unit.key));
    return made;
  }

  /** The button of doubtful units says how many there are, and whether the filter asks for them. */
  function tell() {
    const made = document.getElementById("doubtful");
    const count = kmu.state.units.filter((unit) => unit.flags.length && unit.state !== "rejected").length;
    made.textContent = `Doubtful (${count})`;
    made.setAttribute("aria-pressed", String(document.getElementById("filter").value.trim() === "doubtful"));
  }

  function draw() {
    tell();
    const focused = document.activeElement?.closest("#units tbody tr")?.dataset.key;
    const heads = [
      kmu.element("th", { scope: "col" }, kmu.element("span", {}, "mark")),
      heading("id", "unit", "number of the unit", ""),
      heading("state", "state", "what was decided", ""),
      ...columns().map((one) => heading(one.name, one.label, one.meaning, one.unit)),
    ];
    document.querySelector("#units thead").replaceChildren(kmu.element("tr", {}, ...heads));
    document.querySelector("#units tbody").replaceChildren(...kmu.shown().map(row));
    const hidden = kmu.state.units.length - kmu.state.order.length;
    document.getElementById("shown").textContent = hidden ? `${hidden} hidden by the filter` : "";
    if (focused) document.querySelector(`#units tr[data-key="${focused}"] th button`)?.focus();
  }

  function select() {
    const { picked, marked } = kmu.state;
    for (const made of document.querySelectorAll("#units tbody tr")) {
      const on = made.dataset.key === picked;
      made.classList.toggle("picked", on);
      made.querySelector("th button").setAttribute("aria-pressed", String(on));
      made.querySelector("input").checked = marked.has(made.dataset.key);
    }
  }

  function begin() {
    const more = document.getElementById("more");
    const filter = document.getElementById("filter");
    filter.addEventListener("input", refresh);
    document.getElementById("doubtful").addEventListener("click", () => {
      filter.value = filter.value.trim() === "doubtful" ? "" : "doubtful";
      refresh();
    });
    more.addEventListener("click", () => {
      all = !all;
      more.setAttribute("aria-pressed", String(all));
      draw();
    });
    kmu.on(["units"], refresh);
    kmu.on(["order", "colour"], draw);
    kmu.on(["picked", "marked"], select);
  }

  kmu.table = { begin };
})();
