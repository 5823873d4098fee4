// Reads what the page carries: numbers packed as base64, units, the recording's movie.
"use strict";

const kmu = (globalThis.kmu = globalThis.kmu || {});

(() => {
  const KINDS = { uint8: Uint8Array, int8: Int8Array, int16: Int16Array };

  /** Numbers as they were packed, without their scale. */
  function stored(packed) {
    const text = atob(packed.data);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    return new KINDS[packed.kind](bytes.buffer);
  }

  /** A packed array in its physical unit. */
  function unpack(packed) {
    return Float32Array.from(stored(packed), (value) => value * packed.scale);
  }

  /** Row k of a packed array whose first axis counts units. */
  function row(packed, k) {
    const [count, ...rest] = packed.shape;
    const size = rest.reduce((a, b) => a * b, 1);
    if (k >= count) return null;
    packed.numbers = packed.numbers || stored(packed);
    const part = packed.numbers.subarray(k * size, (k + 1) * size);
    return Float32Array.from(part, (value) => value * packed.scale);
  }

  /** A territory on the whole grid, 0 to 255, from the box it was cropped to. */
  function territory(packed, grid) {
    const full = new Uint8Array(grid.depth * grid.width);
    const box = stored(packed);
    const [rows, columns] = packed.shape;
    for (let z = 0; z < rows; z += 1) {
      full.set(
        box.subarray(z * columns, (z + 1) * columns),
        (packed.top + z) * grid.width + packed.left,
      );
    }
    return full;
  }

  /** The units as they were found, in the order that edits count them. */
  function originals(data) {
    return data.units.map((unit, k) => ({
      key: String(k + 1),
      id: unit.id,
      members: [k],
      part: null,
      territory: territory(unit.territory, data.grid),
      train: row(data.trains, k),
      firings: unit.firings,
      score: unit.score,
      values: unit.values,
      flags: unit.flags,
      state: "",
      note: "",
      changed: false,
    }));
  }

  kmu.stored = stored;
  kmu.unpack = unpack;
  kmu.row = row;
  kmu.originals = originals;
})();
