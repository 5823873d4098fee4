// The small charts of one unit: averaged twitch, intervals, velocity in its territory, quality.
"use strict";

(() => {
  const { AXIS } = kmu.courses;
  const BIN = 10;

  function small(holder, series, data, labels, extra = {}) {
    const opts = {
      width: Math.max(holder.clientWidth, 120), height: 150, legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } }, padding: [6, 14, 0, 0], ...extra,
      scales: { x: { time: false }, ...extra.scales },
      axes: [
        { ...AXIS, label: labels[0], labelSize: 14, size: 26, labelGap: 0 },
        { ...AXIS, label: labels[1], labelSize: 14, size: 40, labelGap: 0 },
      ],
      series: [{}, ...series],
    };
    return new uPlot(opts, data, holder);
  }

  const line = (stroke, width = 1.5, more = {}) => ({ stroke, width, points: { show: false }, ...more });

  /** Velocity after a firing with one standard deviation over firings. */
  function twitch(holder, unit) {
    const { rate } = kmu.data;
    const { course, spread } = kmu.twitch(unit.train, unit.firings, rate);
    const time = course.map((_, i) => (1000 * i) / rate);
    const colour = kmu.colour(unit);
    const high = course.map((value, i) => value + spread[i]);
    const low = course.map((value, i) => value - spread[i]);
    return small(holder, [line("transparent"), line("transparent"), line(colour, 2)],
      [time, high, low, course], ["after a firing (ms)", "mm/s"],
      { bands: [{ series: [1, 2], fill: "#ffffff26" }] });
  }

  /** Histogram of the intervals between firings, in bins of 10 ms. */
  function histogram(holder, unit) {
    const steps = kmu.intervals(unit.firings).map((step) => 1000 * step);
    const bins = Array.from({ length: 40 }, (_, i) => (i + 0.5) * BIN);
    const counts = bins.map((middle) => steps.filter((s) => Math.abs(s - middle + 1e-6) < BIN / 2).length);
    const bars = uPlot.paths.bars({ size: [0.95, 40] });
    return small(holder, [line("transparent", 0, { fill: kmu.colour(unit), paths: bars })],
      [bins, counts], ["interval (ms)", "number"], {
        scales: { x: { time: false, range: [0, 400] }, y: { range: (_, low, high) => [0, Math.max(high, 3)] } },
      });
  }

  /** Velocity in the territory, what this unit explains of it, and what all units leave. */
  function velocity(holder, unit) {
    const { courses, data } = kmu;
    const { rate } = data;
    const seen = kmu.row(data.look.inside, unit.members[0]);
    const weight = unit.territory.reduce((sum, value) => sum + value, 0) || 1;
    // The mean weighted by this territory, of what a unit of that one gives there.
    const share = (other) =>
      unit.territory.reduce((sum, value, i) => sum + value * other.territory[i], 0) / weight / 255;
    const own = share(unit);
    const all = new Float32Array(seen.length);
    for (const other of kmu.state.units) {
      if (other.state === "rejected") continue;
      const part = share(other);
      if (part) other.train.forEach((value, t) => { all[t] += part * value; });
    }
    const time = Array.from(seen, (_, t) => t / rate);
    const left = Array.from(seen, (value, t) => value - all[t]);
    const opts = courses.options(holder, 190, { label: "mm/s", labelSize: 14, size: 40 }, {
      series: [
        {},
        line("#8a94a3", 1),
        line("#ff9d5c", 1, { dash: [4, 3] }),
        line(kmu.colour(unit), 2),
      ],
    });
    return courses.make("inside", holder, opts, [
      time, Array.from(seen), left, Array.from(unit.train, (value) => own * value),
    ]);
  }

  /** A value among those of true (upper) and false units (lower) of simulation: an SVG. */
  function strip(column, value) {
    const { shape } = kmu.map;
    const known = kmu.data.reference.metrics[column.name];
    const low = Math.min(column.bad, column.good, ...(known ? [known.true[0], known.false[0]] : []));
    const high = Math.max(column.bad, column.good, ...(known ? [known.true.at(-1), known.false.at(-1)] : []));
    const at = (v) => 4 + (122 * (Math.min(Math.max(v, low), high) - low)) / (high - low || 1);
    const text = known
      ? `true units of simulation ${known.true[0]} to ${known.true.at(-1)}, false ones ` +
        `${known.false[0]} to ${known.false.at(-1)} (10th to 90th percentile)`
      : `flagged at ${column.doubtful}, good at ${column.good}`;
    const made = shape("svg", { viewBox: "0 0 130 20", role: "img", "aria-label": text });
    made.append(shape("title", {}, text));
    const bar = (values, y, colour) => {
      made.append(
        shape("rect", { x: at(values[0]), y, width: Math.max(at(values.at(-1)) - at(values[0]), 1), height: 5, rx: 2, fill: colour, opacity: 0.55 }),
        shape("rect", { x: at(values[Math.floor(values.length / 2)]) - 1, y, width: 2, height: 5, fill: "#fff" }),
      );
    };
    if (known) {
      bar(known.true, 3, "#56b4e9");
      bar(known.false, 12, "#ff9d5c");
    } else {
      made.append(shape("rect", { x: at(low), y: 8, width: 122, height: 4, rx: 2, fill: "#33404f" }));
    }
    if (value !== null && value !== undefined) {
      made.append(shape("rect", { x: at(value) - 1.5, y: 0, width: 3, height: 20, fill: "#ffd166" }));
    }
    return made;
  }

  kmu.charts = { twitch, histogram, velocity, strip };
})();
