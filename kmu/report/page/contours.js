// Outlines of territories: marching squares at one half, joined into closed lines.
"use strict";

(() => {
  // For each pattern of corners inside (top left 8, top right 4, bottom right 2, bottom left 1) the
  // edges that a line enters and leaves by, the inside on its left.
  const LINES = [
    [], ["BL"], ["RB"], ["RL"], ["TR"], ["TR", "BL"], ["TB"], ["TL"],
    ["LT"], ["BT"], ["LT", "RB"], ["RT"], ["LR"], ["BR"], ["LB"], [],
  ];

  /** Closed lines, each a list of [depth, lateral] in mm, around what is at least one half. */
  function contour(territory, grid) {
    const { depth, width, dz, dx } = grid;
    const at = (z, x) =>
      z < 0 || x < 0 || z >= depth || x >= width ? 0 : territory[z * width + x];
    const next = new Map();
    const columns = width + 2;
    // Edge T of a cell is edge B of the one above, L is R of the one before.
    const edge = (name, z, x) => {
      const down = name === "B" ? 1 : 0;
      const right = name === "R" ? 1 : 0;
      const upright = name === "L" || name === "R" ? 1 : 0;
      return 2 * ((z + 1 + down) * columns + x + 1 + right) + upright;
    };
    for (let z = -1; z < depth; z += 1) {
      for (let x = -1; x < width; x += 1) {
        const corners = [at(z, x), at(z, x + 1), at(z + 1, x + 1), at(z + 1, x)];
        const which = corners.reduce((sum, value) => 2 * sum + (value > 127 ? 1 : 0), 0);
        for (const [from, to] of LINES[which]) next.set(edge(from, z, x), edge(to, z, x));
      }
    }
    const point = (key) => {
      const upright = key % 2;
      const cell = (key - upright) / 2;
      const z = Math.floor(cell / columns) - 1;
      const x = (cell % columns) - 1;
      const [a, b] = upright ? [at(z, x), at(z + 1, x)] : [at(z, x), at(z, x + 1)];
      const share = (127.5 - a) / (b - a);
      return upright
        ? [(z + share + 0.5) * dz, (x + 0.5) * dx]
        : [(z + 0.5) * dz, (x + share + 0.5) * dx];
    };
    const lines = [];
    while (next.size) {
      const [first] = next.keys();
      const line = [];
      for (let key = first; next.has(key);) {
        line.push(point(key));
        const following = next.get(key);
        next.delete(key);
        key = following;
      }
      lines.push(line);
    }
    return lines;
  }

  kmu.contour = contour;
})();
