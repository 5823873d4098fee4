// Colours of units and of images, chosen to stay apart on the dark page and for colour-blind eyes.
"use strict";

(() => {
  const OF_UNITS = [
    "#56b4e9", "#e69f00", "#2bd4a0", "#ff7a5c", "#f0e442", "#cc79a7", "#8ab4ff", "#b5e853",
    "#ffb3c7", "#9ad9d9", "#d9a3ff", "#ffd9a0",
  ];
  const RAMP = ["#5b7fd6", "#2fa3b5", "#4cc38a", "#b4d84b", "#fde74c"];
  const IMAGE = ["#0b0f17", "#1f2a3a", "#3b4a5e", "#66758a", "#9aa7b8"];
  const DIVERGING = ["#58b8ff", "#1b5f9c", "#0b0f17", "#a3541a", "#ffa24a"];
  const MODES = {
    unit: { label: "unit" },
    quality: { label: "quality", range: [0, 1] },
    score: { label: "score", range: [0, 1] },
    discharge_rate: { label: "discharge rate (Hz)" },
    centroid_depth: { label: "depth (mm)" },
    recruitment: { label: "first firing (s)" },
  };

  const channels = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));

  /** 256 colours between the stops, [r, g, b] each. */
  function table(stops) {
    const parsed = stops.map(channels);
    return Array.from({ length: 256 }, (_, i) => {
      const at = (i / 255) * (stops.length - 1);
      const low = Math.min(Math.floor(at), stops.length - 2);
      return parsed[low].map((value, c) => Math.round(value + (at - low) * (parsed[low + 1][c] - value)));
    });
  }

  const ramp = table(RAMP);
  const css = ([r, g, b]) => `rgb(${r},${g},${b})`;

  /** The range of the colours now: that of all units, or the fixed one of the mode. */
  function range() {
    const { range: fixed } = MODES[kmu.state.colour];
    if (fixed) return fixed;
    const values = kmu.state.units.map((unit) => unit.values[kmu.state.colour]);
    const known = values.filter((value) => value !== null && value !== undefined);
    return known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
  }

  /** Colour of a unit in the mode that is on; grey where its value is not known. */
  function colour(unit) {
    if (kmu.state.colour === "unit") return OF_UNITS[unit.members[0] % OF_UNITS.length];
    const value = unit.values[kmu.state.colour];
    if (value === null || value === undefined) return "#8a94a3";
    const [low, high] = range();
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return css(ramp[Math.round(255 * Math.min(Math.max(share, 0), 1))]);
  }

  /** The legend of the mode that is on, into an element. */
  function legend(element) {
    if (kmu.state.colour === "unit") {
      element.replaceChildren();
      return;
    }
    const [low, high] = range().map((value) => Number(value.toPrecision(3)));
    const bar = document.createElement("span");
    bar.className = "ramp";
    bar.style.background = `linear-gradient(to right, ${RAMP.join(",")})`;
    element.replaceChildren(`${MODES[kmu.state.colour].label}: ${low} `, bar, ` ${high}`);
  }

  Object.assign(kmu, {
    MODES, colour, legend, images: { plain: table(IMAGE), diverging: table(DIVERGING) },
  });
})();
