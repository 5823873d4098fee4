// Twitch trains with firings, the raster, discharge rates and force: uPlot, all on one time axis.
"use strict";

(() => {
  const AXIS = { stroke: "#a9b5c4", grid: { stroke: "#26313f", width: 1 }, ticks: { stroke: "#33404f", size: 4 } };
  const LEFT = 46;
  // Rates are drawn at so many samples per second: their window is 0.4 s wide.
  const RATES_HZ = 20;
  const plots = {};
  let queued = false;

  const grow = (low, high, count) =>
    Array.from({ length: count }, (_, i) => low + ((high - low) * i) / Math.max(count - 1, 1));

  /** What all courses share: the time axis, the cursor, no legend. */
  function options(holder, height, left, extra) {
    return {
      width: Math.max(holder.clientWidth, 120),
      height,
      legend: { show: false },
      cursor: { sync: { key: "kmu", setSeries: false }, drag: { x: false, y: false }, points: { show: false }, y: false },
      padding: [6, 8, 0, 0],
      ...extra,
      scales: { x: { time: false, range: () => kmu.state.range }, ...extra.scales },
      axes: [
        { ...AXIS, size: 34, values: (_, all) => all.map((v) => (v === null ? "" : String(Number(v.toFixed(4))))), ...extra.below },
        { ...AXIS, size: LEFT, ...left },
      ],
    };
  }

  function make(name, holder, opts, data) {
    if (plots[name]) plots[name].destroy();
    const plot = new uPlot(opts, data, holder);
    const head = document.createElement("div");
    head.className = "playhead";
    plot.over.append(head);
    plot.head = head;
    plots[name] = plot;
    kmu.zoom.attach(plot, name);
    return plot;
  }

  const isPicked = (unit) => unit.key === kmu.state.picked;

  /** Draws a tick for every firing in sight; `span` gives the heights of row i. */
  function ticks(plot, units, span) {
    const { ctx } = plot;
    const [from, to] = kmu.state.range;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    units.forEach((unit, i) => {
      const [low, high] = span(i).map((value) => plot.valToPos(value, "y", true));
      ctx.strokeStyle = kmu.colour(unit);
      ctx.lineWidth = (isPicked(unit) ? 2.2 : 1.2) * devicePixelRatio;
      ctx.beginPath();
      for (const time of unit.firings) {
        if (time < from || time > to) continue;
        const x = plot.valToPos(time, "x", true);
        ctx.moveTo(x, low);
        ctx.lineTo(x, high);
      }
      ctx.stroke();
    });
    ctx.restore();
  }

  /** Shades the row of the picked unit. */
  function shade(plot, units) {
    const at = units.findIndex(isPicked);
    if (at < 0) return;
    const [low, high] = [-at - 0.5, -at + 0.5].map((value) => plot.valToPos(value, "y", true));
    plot.ctx.fillStyle = "#ffffff14";
    plot.ctx.fillRect(plot.bbox.left, high, plot.bbox.width, low - high);
  }

  const rowAxis = (units) => ({
    splits: () => units.map((_, i) => -i),
    values: () => units.map((unit) => String(unit.id)),
    grid: { show: false },
    gap: 2,
  });

  function trains(units) {
    const holder = document.getElementById("trains");
    const { rate } = kmu.data;
    const time = Array.from({ length: kmu.data.trains.shape[1] }, (_, i) => i / rate);
    const rows = units.map((unit, i) => {
      const most = unit.train.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-9);
      return Array.from(unit.train, (value) => -i + (0.46 * value) / most);
    });
    const height = 50 + Math.max(units.length, 3) * (units.length > 12 ? 26 : 36);
    make("trains", holder, options(holder, height, rowAxis(units), {
      scales: { y: { range: [-Math.max(units.length, 3) + 0.35, 0.6] } },
      series: [{}, ...units.map((unit) => ({
        stroke: () => kmu.colour(unit), width: isPicked(unit) ? 2 : 1, points: { show: false },
      }))],
      hooks: {
        drawClear: [(plot) => shade(plot, units)],
        draw: [(plot) => ticks(plot, units, (i) => [-i - 0.5, -i - 0.34])],
      },
    }), [time, ...rows]);
    plots.trains.units = units;
  }

  function raster(units) {
    const holder = document.getElementById("raster");
    const height = Math.min(44 + Math.max(units.length, 4) * 8, 260);
    make("raster", holder, options(holder, height, {
      ...rowAxis(units), values: () => units.map(() => ""), label: "firings", labelSize: 16, size: LEFT - 16,
    }, {
      scales: { y: { range: [-Math.max(units.length, 4) + 0.4, 0.6] } },
      series: [{}, { show: false }],
      hooks: {
        drawClear: [(plot) => shade(plot, units)],
        draw: [(plot) => ticks(plot, units, (i) => [-i - 0.4, -i + 0.4])],
      },
    }), [[0, kmu.data.duration], [0, 0]]);
    plots.raster.units = units;
  }

  function rates(units) {
    const holder = document.getElementById("rates");
    const { duration } = kmu.data;
    const time = grow(0, duration, Math.max(Math.round(duration * RATES_HZ), 2));
    const courses = units.map((unit) => kmu.rates(unit.firings, time, duration));
    make("rates", holder, options(holder, 170, { label: "rate (Hz)", labelSize: 16, size: LEFT - 16 }, {
      scales: { y: { range: (_, low, high) => [0, Math.max(high || 0, 5) * 1.05] } },
      series: [{}, ...units.map((unit) => ({
        stroke: () => kmu.colour(unit), width: isPicked(unit) ? 3 : 1,
        alpha: isPicked(unit) ? 1 : 0.5, points: { show: false },
      }))],
    }), [time, ...courses]);
    plots.rates.units = units;
  }

  function force() {
    const holder = document.getElementById("force");
    const { force: given } = kmu.data;
    holder.hidden = !given;
    if (!given) return;
    make("force", holder, options(holder, 130, { label: "force", labelSize: 16, size: LEFT - 16 }, {
      series: [{}, { stroke: "#ffd166", width: 1.5, points: { show: false } }],
    }), [given.time, given.value]);
  }

  function build() {
    const units = kmu.drawn();
    trains(units);
    raster(units);
    rates(units);
    force();
    playhead();
  }

  /** Wider lines for the picked unit, in what is drawn already. */
  function select() {
    for (const name of ["trains", "rates"]) {
      plots[name].units.forEach((unit, i) => {
        const series = plots[name].series[i + 1];
        const wide = name === "rates" ? 3 : 2;
        series.width = isPicked(unit) ? wide : 1;
        if (name === "rates") series.alpha = isPicked(unit) ? 1 : 0.5;
      });
      plots[name].redraw();
    }
    plots.raster.redraw();
  }

  function playhead() {
    for (const plot of Object.values(plots)) {
      const x = plot.valToPos(kmu.state.time, "x");
      plot.head.hidden = x < 0 || x > plot.over.clientWidth;
      plot.head.style.left = `${x}px`;
    }
  }

  function range() {
    const [min, max] = kmu.state.range;
    for (const plot of Object.values(plots)) plot.setScale("x", { min, max });
    playhead();
  }

  /** Plots are fitted to the page's width, once when several changes come at a time. */
  function resize() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      for (const [name, plot] of Object.entries(plots)) {
        const holder = document.getElementById(name);
        const width = name === "inside" ? plot.root.parentElement.clientWidth : holder.clientWidth;
        if (width && width !== plot.width) plot.setSize({ width, height: plot.height });
      }
      playhead();
    });
  }

  function begin() {
    kmu.on(["units", "order", "colour"], build);
    kmu.on(["picked"], (_, names) => { if (!names.has("units") && !names.has("order")) select(); });
    kmu.on(["range"], range);
    kmu.on(["time"], playhead);
    kmu.on(["mode"], (state) => {
      document.getElementById("trains").classList.toggle("firings", state.mode === "firings");
    });
    new ResizeObserver(resize).observe(document.getElementById("when"));
  }

  kmu.courses = { AXIS, begin, make, options, plots };
})();
