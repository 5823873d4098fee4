// The image behind the outlines: power, velocity, what the units explain of it, a unit's own map.
"use strict";

(() => {
  const NAMES = {
    power: "velocity, root mean square",
    velocity: "velocity movie",
    explained: "what the units explain, movie",
    left: "what they leave, movie",
    map: "picked unit, regressed map",
    territory: "picked unit, territory",
    emg: "picked unit, map of its EMG unit",
  };
  let sums = null;

  /** The names that the data at hand allow. */
  function available() {
    const { data } = kmu;
    const names = ["power"];
    if (data.look) names.push("velocity", "left");
    names.push("explained");
    if (data.look) names.push("map");
    names.push("territory");
    if (data.emg && data.emg.territory) names.push("emg");
    return Object.keys(NAMES).filter((name) => names.includes(name));
  }

  const isMovie = (name) => ["velocity", "explained", "left"].includes(name);

  /** Velocity (mm/s) that the drawn units give at a time, on the grid or the movie's. */
  function explained(time, shape) {
    const { grid, rate } = kmu.data;
    const [depth, width] = shape || [grid.depth, grid.width];
    const values = new Float32Array(depth * width);
    const at = time * rate;
    for (const unit of kmu.state.units) {
      if (unit.state === "rejected") continue;
      const low = Math.min(Math.floor(at), unit.train.length - 1);
      const high = Math.min(low + 1, unit.train.length - 1);
      const value = unit.train[low] + (at - low) * (unit.train[high] - unit.train[low]);
      const weights = shape ? reduced(unit, shape) : unit.territory;
      for (let i = 0; i < values.length; i += 1) values[i] += (value * weights[i]) / 255;
    }
    return values;
  }

  /** A territory on the coarser grid of the movie, kept with the unit. */
  function reduced(unit, [depth, width]) {
    if (unit.reduced) return unit.reduced;
    const { grid } = kmu.data;
    unit.reduced = new Float32Array(depth * width);
    for (let z = 0; z < depth; z += 1) {
      for (let x = 0; x < width; x += 1) {
        const top = Math.floor((z * grid.depth) / depth);
        const bottom = Math.max(Math.floor(((z + 1) * grid.depth) / depth), top + 1);
        const left = Math.floor((x * grid.width) / width);
        const right = Math.max(Math.floor(((x + 1) * grid.width) / width), left + 1);
        let sum = 0;
        for (let i = top; i < bottom; i += 1) {
          for (let j = left; j < right; j += 1) sum += unit.territory[i * grid.width + j];
        }
        unit.reduced[z * width + x] = sum / ((bottom - top) * (right - left));
      }
    }
    return unit.reduced;
  }

  /** A frame of the movie (mm/s) and its shape. */
  function frame(time) {
    const { movie, rate } = kmu.data.look;
    const [count, depth, width] = movie.shape;
    const at = Math.min(Math.max(Math.round(time * rate), 0), count - 1);
    return { values: kmu.row(movie, at), shape: [depth, width] };
  }

  /** Power of the units' sum where the recording is not at hand. */
  function ownPower() {
    const { grid } = kmu.data;
    const power = new Float32Array(grid.depth * grid.width);
    for (const unit of kmu.found) {
      const square = kmu.mean(Array.from(unit.train, (value) => value * value));
      unit.territory.forEach((value, i) => { power[i] += square * (value / 255) ** 2; });
    }
    return power.map(Math.sqrt);
  }

  const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  const strongest = () => Math.max(...kmu.found.map((unit) => largest(unit.train)), 1e-9);

  /** What to draw: values, shape, the value of the last colour, and whether they have a sign. */
  function image() {
    const { data, state } = kmu;
    const { grid } = data;
    const shape = [grid.depth, grid.width];
    const unit = kmu.picked();
    if (isMovie(state.background)) {
      const most = data.look ? 127 * data.look.movie.scale : strongest();
      if (state.background === "explained") {
        return { values: explained(state.time), shape, most, signed: true };
      }
      const seen = frame(state.time);
      if (state.background === "left") {
        const ours = explained(state.time, seen.shape);
        seen.values = seen.values.map((value, i) => value - ours[i]);
      }
      return { ...seen, most, signed: true };
    }
    if (state.background === "territory" && unit) {
      const values = Float32Array.from(unit.territory, (value) => value / 255);
      return { values, shape, most: 1, signed: false };
    }
    if (state.background === "map" && unit) {
      const values = kmu.row(data.look.maps, unit.members[0]);
      return { values, shape, most: Math.max(largest(values), 1e-9), signed: true };
    }
    if (state.background === "emg" && unit) {
      const pair = data.emg.pairs.find((one) => one.unit === unit.members[0] + 1);
      const values = pair
        ? kmu.row(data.emg.territory, pair.emg_unit - 1)
        : new Float32Array(grid.depth * grid.width);
      return { values, shape, most: 1, signed: false };
    }
    sums = sums || (data.power ? kmu.unpack(data.power) : ownPower());
    return { values: sums, shape, most: largest(sums) || 1, signed: false };
  }

  /** Puts an image into a canvas, a pixel a value. */
  function paint(canvas, { values, shape, most, signed }) {
    const [depth, width] = shape;
    if (canvas.width !== width || canvas.height !== depth) {
      canvas.width = width;
      canvas.height = depth;
    }
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(width, depth);
    const colours = signed ? kmu.images.diverging : kmu.images.plain;
    for (let i = 0; i < values.length; i += 1) {
      const share = signed ? 0.5 + values[i] / (2 * most) : values[i] / most;
      const colour = colours[Math.round(255 * Math.min(Math.max(share, 0), 1))];
      pixels.data.set([colour[0], colour[1], colour[2], 255], 4 * i);
    }
    context.putImageData(pixels, 0, 0);
  }

  kmu.backgrounds = { NAMES, available, isMovie, image, paint };
})();
