// The muscle cross-section: an image in millimetres, the outlines on it, hovered and picked.
"use strict";

(() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const MARGIN = { left: 38, right: 6, top: 4, bottom: 32 };
  // A territory lights up for so long after its unit fired.
  const GLOW = 0.06;
  const geometry = { scale: 1, left: MARGIN.left, top: MARGIN.top };

  /** An SVG element with attributes. */
  function shape(name, attributes, ...children) {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const across = (x) => geometry.left + x * geometry.scale;
  const down = (z) => geometry.top + z * geometry.scale;

  /** Depth and lateral (mm) of a point of the window. */
  function millimetres(event) {
    const box = document.getElementById("outlines").getBoundingClientRect();
    return [
      (event.clientY - box.top - geometry.top) / geometry.scale,
      (event.clientX - box.left - geometry.left) / geometry.scale,
    ];
  }

  /** Closed lines of a unit's territory, kept with it. */
  function lines(unit) {
    unit.lines = unit.lines || kmu.contour(unit.territory, kmu.data.grid);
    return unit.lines;
  }

  const path = (unit) =>
    lines(unit)
      .map((line) => `M${line.map(([z, x]) => `${across(x).toFixed(1)} ${down(z).toFixed(1)}`).join("L")}Z`)
      .join("");

  /** Round numbers of millimetres for an axis. */
  function ticks(length) {
    const step = [1, 2, 5, 10, 20, 50].find((size) => length / size <= 7) || 100;
    return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
  }

  function axes(width, depth) {
    const made = ticks(width).map((x) =>
      shape("text", { x: across(x), y: down(depth) + 14, "text-anchor": "middle" }, String(x)));
    made.push(...ticks(depth).map((z) =>
      shape("text", { x: geometry.left - 5, y: down(z) + 4, "text-anchor": "end" }, String(z))));
    made.push(
      shape("text", { x: across(width / 2), y: down(depth) + 28, "text-anchor": "middle" }, "lateral (mm)"),
      shape("text", {
        transform: `translate(11 ${down(depth / 2)}) rotate(-90)`, "text-anchor": "middle",
      }, "depth (mm)"),
      shape("rect", {
        class: "frame", x: across(0), y: down(0),
        width: width * geometry.scale, height: depth * geometry.scale,
      }),
    );
    return made;
  }

  function outline(unit) {
    const { centroid_depth: z, centroid_lateral: x } = kmu.place(unit.territory, kmu.data.grid);
    const made = shape("g", {
      class: "outline", "data-key": unit.key, role: "button", tabindex: -1,
      "aria-label": `Unit ${unit.id}`, style: `--own: ${kmu.colour(unit)}`,
    });
    const rate = unit.values.discharge_rate;
    made.append(
      shape("title", {}, `Unit ${unit.id}, score ${unit.score.toFixed(2)}${rate ? `, ${rate.toFixed(1)} Hz` : ""}`),
      shape("path", { d: path(unit), stroke: kmu.colour(unit) }),
    );
    if (z !== null) made.append(shape("text", { x: across(x), y: down(z) }, String(unit.id)));
    made.addEventListener("click", (event) => {
      if (kmu.state.mode === "draw") return;
      if (event.shiftKey || event.ctrlKey || event.metaKey) kmu.mark(unit.key);
      else kmu.pick(unit.key);
    });
    return made;
  }

  /** Everything anew: sizes, axes, outlines. */
  function draw() {
    const holder = document.getElementById("map");
    const svg = document.getElementById("outlines");
    const { grid } = kmu.data;
    const [depth, width] = [grid.depth * grid.dz, grid.width * grid.dx];
    const room = Math.max(holder.clientWidth - MARGIN.left - MARGIN.right, 50);
    geometry.scale = Math.min(room / width, 520 / depth);
    geometry.left = MARGIN.left + (room - width * geometry.scale) / 2;
    const canvas = holder.querySelector("canvas");
    Object.assign(canvas.style, {
      left: `${across(0)}px`, top: `${down(0)}px`,
      width: `${width * geometry.scale}px`, height: `${depth * geometry.scale}px`,
    });
    svg.style.height = `${depth * geometry.scale + MARGIN.top + MARGIN.bottom}px`;
    const only = !document.getElementById("all").checked;
    const units = kmu.drawn().filter((unit) => !only || unit.key === kmu.state.picked);
    svg.replaceChildren(...axes(width, depth), ...units.map(outline), shape("g", { id: "drawing" }));
    kmu.legend(document.getElementById("legend"));
    select();
    image();
    glow();
  }

  function select() {
    const { picked, marked } = kmu.state;
    for (const made of document.querySelectorAll(".outline")) {
      made.classList.toggle("picked", made.dataset.key === picked);
      made.classList.toggle("marked", marked.has(made.dataset.key));
    }
    // What is drawn last lies on top.
    const top = document.querySelector(".outline.picked");
    if (top) document.getElementById("drawing").before(top);
  }

  function image() {
    const canvas = document.querySelector("#map canvas");
    kmu.backgrounds.paint(canvas, kmu.backgrounds.image());
    const name = kmu.backgrounds.NAMES[kmu.state.background];
    canvas.setAttribute("aria-label", `Muscle cross-section: ${name}`);
  }

  /** Lights up the territories of units that have just fired, while a movie is shown. */
  function glow() {
    const { time, background, playing } = kmu.state;
    const on = playing || kmu.backgrounds.isMovie(background);
    for (const made of document.querySelectorAll(".outline")) {
      const unit = on && kmu.unit(made.dataset.key);
      const fires = unit && unit.firings.some((at) => at <= time && time - at < GLOW);
      made.classList.toggle("fires", Boolean(fires));
    }
  }

  function begin() {
    kmu.on(["units", "order", "colour", "outlines"], draw);
    kmu.on(["picked", "marked"], () => {
      if (document.getElementById("all").checked) select();
      else draw();
    });
    kmu.on(["background", "units"], image);
    kmu.on(["picked"], () => {
      if (["map", "territory", "emg"].includes(kmu.state.background)) image();
    });
    kmu.on(["time", "background", "playing"], () => {
      if (kmu.backgrounds.isMovie(kmu.state.background)) image();
      glow();
    });
    document.getElementById("all").addEventListener("change", () => kmu.change({ outlines: true }));
    new ResizeObserver(draw).observe(document.getElementById("map"));
  }

  kmu.map = { begin, shape, across, down, millimetres, draw };
})();
