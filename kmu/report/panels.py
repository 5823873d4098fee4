"""Figures that a report page shows as pictures: perturbed firings, and agreement with EMG."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.emg import EmgPair
from kmu.analysis.quality.perturbation import Perturbed
from kmu.motor_units import MotorUnits

_MOST_DRAWN = 64


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


def _panels(count: int, height: float) -> tuple[Any, Any]:
    """A figure and ``count`` panels in rows of six, each ``height`` inches high."""
    from matplotlib.figure import Figure

    columns = min(max(count, 1), 6)
    rows = -(-count // columns)
    figure = Figure(figsize=(1 + 1.7 * columns, height * rows + 0.6), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for panel in panels:
        panel.tick_params(labelsize=7)
    for panel in panels[count:]:
        panel.set_axis_off()
    return figure, panels[:count]
