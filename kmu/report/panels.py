"""Figures of a small panel for each unit: averaged twitches, and territories beside EMG."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.emg import EmgPair
from kmu.analysis.physiology import averaged_twitch
from kmu.analysis.quality.perturbation import Perturbed
from kmu.motor_units import MotorUnits
from kmu.report.overview import COLOURS, outline

_MOST_DRAWN = 64


def draw_twitches(units: MotorUnits) -> Any:
    """Averaged velocity after a firing, a panel for each unit (the first 64)."""
    figure, panels = _panels(min(len(units), _MOST_DRAWN), height=1.5, same_scale=True)
    # Trains hold nothing above 50 Hz: 200 samples per second show all, at a fraction of the cost.
    step = max(int(units.frame_rate / 200), 1)
    rate = units.frame_rate / step
    for k, panel in enumerate(panels):
        twitch = averaged_twitch(units.twitch_train[k, ::step], units.firings[k], rate)
        time = 1000 * np.arange(len(twitch)) / rate
        panel.axhline(0, color="#bbb", lw=0.5)
        panel.plot(time, twitch, COLOURS[k % len(COLOURS)])
        panel.set_title(f"unit {units.ids[k]} ({len(units.firings[k])} firings)", fontsize=8)
    figure.supxlabel("time after a firing (ms)", fontsize=9)
    figure.supylabel("velocity (mm/s)", fontsize=9)
    return figure


def draw_perturbed(units: MotorUnits, perturbed: Perturbed) -> Any:
    """Averaged twitches with firings as found, jittered by 20 ms, and shifted, a panel a unit."""
    figure, panels = _panels(min(len(units), _MOST_DRAWN), height=1.5)
    count = perturbed.twitch.shape[1]
    rows = ((0, "#1f77b4"), (count - 2, "#ff7f0e"), (count - 1, "#999"))
    for k, panel in enumerate(panels):
        time = 1000 * np.arange(perturbed.twitch.shape[2]) / perturbed.frame_rate
        for row, colour in rows:
            panel.plot(time, perturbed.twitch[k, row], colour, lw=1)
        shares = " ".join(f"{100 * perturbed.explained[k, row]:.0f}" for row, _ in rows)
        panel.set_title(f"unit {units.ids[k]}: {shares} %", fontsize=8)
    figure.supxlabel("time after a firing (ms); percent: share of the variance explained",
                     fontsize=9)  # fmt: skip
    figure.supylabel("velocity (mm/s)", fontsize=9)
    return figure


def draw_discharge(units: MotorUnits) -> Any:
    """Smoothed discharge rates over the whole recording (the first 64 units).

    Firings in a Hann window of 0.4 s (the field's usual choice) around each instant, a row for
    each unit.
    """
    from matplotlib.figure import Figure

    count = min(len(units), _MOST_DRAWN)
    duration = units.twitch_train.shape[1] / units.frame_rate
    time = np.linspace(0, duration, max(round(duration * 20), 2))
    inside = _hann_integral(duration - time) - _hann_integral(-time)
    figure = Figure(figsize=(11, 1.2 + 0.3 * count), layout="constrained")
    axes = figure.subplots()
    for k in range(count):
        apart = np.abs(time[:, None] - units.firings[k][None])
        window = np.where(apart < 0.2, 1 + np.cos(np.pi * apart / 0.2), 0.0)
        # Where the window reaches beyond the recording, the rate is that of the part inside.
        rate = window.sum(1) / inside
        colour = COLOURS[k % len(COLOURS)]
        axes.fill_between(time, k + 0.45, k + 0.45 - rate / 20, color=colour, lw=0, alpha=0.7)
    axes.set(
        xlim=(0, duration), ylim=(count - 0.3, -0.7), yticks=range(count),
        yticklabels=[str(unit) for unit in units.ids[:count]],
        xlabel="time (s)", ylabel="motor unit",
        title="discharge rate; the distance of two rows is 20 Hz",
    )  # fmt: skip
    return figure


def _hann_integral(until: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of 1 + cos(pi t / 0.2) from -0.2 s, where it begins, to ``until``."""
    end = np.clip(until, -0.2, 0.2)
    return end + 0.2 + 0.2 / np.pi * np.sin(np.pi * end / 0.2)


def draw_agreement(
    pairs: Sequence[EmgPair], rates: NDArray[np.float64], chance: NDArray[np.float64]
) -> Any:
    """Histogram of the rates of agreement of all pairs (K, E), of the matches, and by chance."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0, 1, 26).tolist()
    axes.hist(chance.ravel(), edges, color="#bbb", label="all pairs, firings shifted")
    axes.hist(rates.ravel(), edges, histtype="step", color="#1f77b4", label="all pairs")
    matched = [pair.rate_of_agreement for pair in pairs]
    axes.hist(matched, edges, color="#d62728", alpha=0.7, label="matches")
    axes.set(xlabel="rate of agreement (20 ms)", ylabel="pairs of units", yscale="symlog")
    axes.legend(fontsize=8)
    return figure


def draw_emg_territories(
    units: MotorUnits, pairs: Sequence[EmgPair], emg_territory: NDArray[np.float32]
) -> Any:
    """Our territory (outline) on that of the EMG unit by averaging (grey), a panel for each pair.

    Args:
        units: ours.
        pairs: at least one; the first 64 are drawn.
        emg_territory: (E, Z, X) of all EMG units.
    """
    pairs = pairs[:_MOST_DRAWN]
    depth, width = emg_territory.shape[1:]
    dz, dx = units.spacing
    extent = (0.0, width * dx, depth * dz, 0.0)
    figure, panels = _panels(len(pairs), height=1.6 * min(max(extent[2] / extent[1], 0.6), 2.0))
    for pair, panel in zip(pairs, panels, strict=True):
        panel.imshow(1 - 0.4 * emg_territory[pair.emg_unit], cmap="gray", vmin=0, vmax=1,
                     extent=extent, interpolation="nearest")  # fmt: skip
        outline(panel, units.territory[pair.unit], extent, COLOURS[pair.unit % len(COLOURS)])
        panel.set_title(f"unit {units.ids[pair.unit]}, EMG {pair.emg_unit + 1}", fontsize=8)
    figure.supxlabel("lateral (mm)", fontsize=9)
    figure.supylabel("depth (mm)", fontsize=9)
    return figure


def _panels(count: int, height: float, same_scale: bool = False) -> tuple[Any, Any]:
    """A figure and ``count`` panels in rows of six, each ``height`` inches high."""
    from matplotlib.figure import Figure

    columns = min(max(count, 1), 6)
    rows = -(-count // columns)
    figure = Figure(figsize=(1 + 1.7 * columns, height * rows + 0.6), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=same_scale).ravel()
    for panel in panels:
        panel.tick_params(labelsize=7)
    for panel in panels[count:]:
        panel.set_axis_off()
    return figure, panels[:count]
