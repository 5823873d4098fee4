// What is computed of units in the page, so that it follows every edit. Times in s, rates in Hz.
"use strict";

(() => {
  const SAME_FIRING = 0.01;
  const LONGEST_INTERVAL = 0.4;
  const HALF_WINDOW = 0.2;
  const TWITCH = 0.3;

  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

  /** Intervals between firings without pauses. */
  function intervals(firings) {
    const steps = [];
    for (let i = 1; i < firings.length; i += 1) steps.push(firings[i] - firings[i - 1]);
    return steps.filter((step) => step > 0 && step <= LONGEST_INTERVAL);
  }

  /** Number of firings, rate, variation of the intervals, first firing; as the table names them. */
  function discharge(firings) {
    const steps = intervals(firings);
    const found = {
      firings: firings.length,
      recruitment: firings.length ? firings[0] : null,
      discharge_rate: null,
      interval_sd: null,
      interval_cov: null,
    };
    if (steps.length < 2) return found;
    const middle = mean(steps);
    const squares = steps.reduce((sum, step) => sum + (step - middle) ** 2, 0);
    const spread = Math.sqrt(squares / (steps.length - 1));
    found.discharge_rate = 1 / middle;
    found.interval_sd = 1000 * spread;
    found.interval_cov = spread / middle;
    return found;
  }

  /** Discharge rate at each time: firings in a Hann window of 0.4 s. */
  function rates(firings, times, duration) {
    // Where the window reaches beyond the recording, the rate is that of the part inside.
    const integral = (until) => {
      const end = Math.min(Math.max(until, -HALF_WINDOW), HALF_WINDOW);
      return end + HALF_WINDOW + (HALF_WINDOW / Math.PI) * Math.sin((Math.PI * end) / HALF_WINDOW);
    };
    let from = 0;
    return times.map((time) => {
      while (from < firings.length && firings[from] < time - HALF_WINDOW) from += 1;
      let sum = 0;
      for (let i = from; i < firings.length && firings[i] <= time + HALF_WINDOW; i += 1) {
        sum += 1 + Math.cos((Math.PI * (firings[i] - time)) / HALF_WINDOW);
      }
      return sum / (integral(duration - time) - integral(-time));
    });
  }

  /** Solves a symmetric positive system by Gaussian elimination. */
  function solve(matrix, right) {
    const n = right.length;
    const a = matrix.map((values, i) => [...values, right[i]]);
    for (let i = 0; i < n; i += 1) {
      for (let j = i + 1; j < n; j += 1) {
        const factor = a[j][i] / a[i][i];
        if (factor) for (let k = i; k <= n; k += 1) a[j][k] -= factor * a[i][k];
      }
    }
    const found = new Array(n).fill(0);
    for (let i = n - 1; i >= 0; i -= 1) {
      let rest = a[i][n];
      for (let k = i + 1; k < n; k += 1) rest -= a[i][k] * found[k];
      found[i] = rest / a[i][i];
    }
    return found;
  }

  /**
   * The course that follows a firing, neighbours' twitches taken off by least squares, and the
   * standard deviation over firings of what it leaves.
   */
  function twitch(train, firings, rate) {
    const length = Math.max(Math.round(TWITCH * rate), 2);
    const flat = { course: new Array(length).fill(0), spread: new Array(length).fill(0) };
    if (!firings.length) return flat;
    const rows = Array.from({ length: train.length }, () => null);
    for (const time of firings) {
      const low = Math.floor(time * rate);
      const share = time * rate - low;
      for (const [start, weight] of [[low, 1 - share], [low + 1, share]]) {
        const end = weight ? Math.min(length, train.length - start) : 0;
        for (let lag = 0; lag < end; lag += 1) {
          const at = start + lag;
          rows[at] = rows[at] || new Float64Array(length);
          rows[at][lag] += weight;
        }
      }
    }
    const gram = Array.from({ length }, () => new Array(length).fill(0));
    const right = new Array(length).fill(0);
    rows.forEach((weights, at) => {
      if (!weights) return;
      for (let i = 0; i < length; i += 1) {
        if (!weights[i]) continue;
        right[i] += weights[i] * train[at];
        for (let j = 0; j < length; j += 1) gram[i][j] += weights[i] * weights[j];
      }
    });
    const ridge = (0.005 * gram.reduce((sum, values, i) => sum + values[i], 0)) / length;
    if (!ridge) return flat;
    gram.forEach((values, i) => { values[i] += ridge; });
    const course = solve(gram, right);
    const left = rows.map((weights, at) =>
      weights ? train[at] - course.reduce((sum, value, i) => sum + value * weights[i], 0) : train[at],
    );
    const spread = course.map((_, lag) => {
      const seen = firings.map((time) => left[Math.round(time * rate) + lag]);
      const there = seen.filter((value) => value !== undefined);
      return there.length ? Math.sqrt(mean(there.map((value) => value ** 2))) : 0;
    });
    return { course, spread };
  }

  /** Pearson correlation of two courses. */
  function correlation(one, other) {
    const a = mean(one);
    const b = mean(other);
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < one.length; i += 1) {
      ab += (one[i] - a) * (other[i] - b);
      aa += (one[i] - a) ** 2;
      bb += (other[i] - b) ** 2;
    }
    return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
  }

  /** Intersection over union of two territories at one half. */
  function overlap(one, other) {
    let [both, any] = [0, 0];
    for (let i = 0; i < one.length; i += 1) {
      const [a, b] = [one[i] > 127, other[i] > 127];
      if (a && b) both += 1;
      if (a || b) any += 1;
    }
    return any ? both / any : 0;
  }

  /** Rate of agreement of firings within 10 ms: common over common and single ones. */
  function agreement(one, other) {
    let [i, j, common] = [0, 0, 0];
    while (i < one.length && j < other.length) {
      const apart = one[i] - other[j];
      if (Math.abs(apart) <= SAME_FIRING) { common += 1; i += 1; j += 1; }
      else if (apart < 0) i += 1;
      else j += 1;
    }
    const all = one.length + other.length - common;
    return all ? common / all : 0;
  }

  /** Area (mm2) and centroid (mm) of a territory at one half. */
  function place(territory, grid) {
    let [count, z, x] = [0, 0, 0];
    territory.forEach((value, i) => {
      if (value < 128) return;
      count += 1;
      z += Math.floor(i / grid.width) + 0.5;
      x += (i % grid.width) + 0.5;
    });
    return {
      area: count * grid.dz * grid.dx,
      centroid_depth: count ? (z / count) * grid.dz : null,
      centroid_lateral: count ? (x / count) * grid.dx : null,
    };
  }

  Object.assign(kmu, {
    SAME_FIRING, intervals, discharge, rates, twitch, correlation, overlap, agreement, place, mean,
  });
})();
