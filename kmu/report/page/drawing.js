// Drawing a polygon on the cross-section, by mouse or by keys, to split a unit with.
"use strict";

(() => {
  const STEP = 0.5;
  // A click this near to the first corner closes the polygon.
  const CLOSE_PIXELS = 10;
  let points = [];
  let hand = [0, 0];
  let begun = null;

  const holder = () => document.getElementById("map");

  function draw() {
    const { shape, across, down } = kmu.map;
    const place = document.getElementById("drawing");
    if (!place) return;
    place.replaceChildren();
    if (kmu.state.mode !== "draw") return;
    const corners = points.map(([z, x]) => `${across(x)},${down(z)}`).join(" ");
    place.append(
      shape("polygon", { class: "drawn", points: corners }),
      ...points.map(([z, x]) => shape("circle", { class: "drawn", cx: across(x), cy: down(z), r: 4 })),
    );
    const [x, y] = [across(hand[1]), down(hand[0])];
    place.append(
      shape("line", { class: "crosshair", x1: x - 8, x2: x + 8, y1: y, y2: y }),
      shape("line", { class: "crosshair", x1: x, x2: x, y1: y - 8, y2: y + 8 }),
    );
  }

  /** Begins to draw around a part of the picked unit. */
  function start() {
    const unit = kmu.picked();
    if (!unit) return;
    points = [];
    begun = unit.key;
    hand = [unit.values.centroid_depth || 0, unit.values.centroid_lateral || 0];
    kmu.change({
      mode: "draw",
      message: `Split unit ${unit.id}: click corners around one part (or arrow keys and Enter), ` +
        "then C or a click on the first corner; Escape leaves it.",
    });
    document.getElementById("map").scrollIntoView({ block: "nearest" });
  }

  function stop(message = "") {
    points = [];
    kmu.change({ mode: "", message });
  }

  /** Splits with what was drawn. */
  function close() {
    const unit = kmu.unit(begun);
    if (points.length < 3) {
      kmu.change({ message: "A part needs three corners or more." });
      return;
    }
    const polygon = points.map((pair) => pair.map((value) => Math.round(value * 1000) / 1000));
    stop();
    kmu.edit((list) => kmu.changes.split(list, unit, { polygon }), `Unit ${unit.id} is split.`);
  }

  function add(point) {
    points.push(point);
    draw();
  }

  function click(event) {
    if (kmu.state.mode !== "draw") return;
    const point = kmu.map.millimetres(event);
    const { across, down } = kmu.map;
    const first = points[0];
    const away = first && Math.hypot(across(first[1]) - across(point[1]), down(first[0]) - down(point[0]));
    if (points.length > 2 && away < CLOSE_PIXELS) close();
    else add(point);
  }

  /** Keys while drawing; whether the key was one of them. */
  function key(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (moves[event.key]) {
      const step = event.shiftKey ? 4 * STEP : STEP;
      hand = hand.map((value, axis) => value + step * moves[event.key][axis]);
      draw();
    } else if (event.key === "Enter") add([...hand]);
    else if (event.key === "Backspace") { points.pop(); draw(); }
    else if (event.key === "c") close();
    else if (event.key === "Escape") stop("Nothing was split.");
    else return false;
    return true;
  }

  function begin() {
    document.getElementById("outlines").addEventListener("click", click);
    document.getElementById("outlines").addEventListener("pointermove", (event) => {
      if (kmu.state.mode !== "draw") return;
      hand = kmu.map.millimetres(event);
      draw();
    });
    kmu.on(["mode", "units", "order", "colour"], () => {
      holder().classList.toggle("draw", kmu.state.mode === "draw");
      draw();
    });
  }

  kmu.drawing = { begin, start, key };
})();
