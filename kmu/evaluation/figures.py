"""Figures of a benchmark; what they show is computed apart from drawing it."""

from pathlib import Path
from typing import Any, NamedTuple

from kmu.files import replacing

Result = dict[str, dict[str, Any]]


class Series(NamedTuple):
    """One line or point of a figure.

    Attributes:
        method: whose it is.
        x: places; the middle of a bin, or seconds.
        y: scores.
        weights: recordings or units behind each point.
    """

    method: str
    x: list[float]
    y: list[float]
    weights: list[int]


class Plot(NamedTuple):
    """What one figure shows."""

    title: str
    x_label: str
    y_label: str
    ticks: list[str]
    series: list[Series]


_BREAKDOWNS = {
    "f1_by_units": ("units_true", "f1", "recordings", "active units", "F1"),
    "recall_by_distance": (
        "nearest_centre", "recall", "units", "distance to the nearest other centre (mm)", "recall"
    ),
    "agreement_by_snr": (
        "snr_db", "rate_of_agreement", "recordings", "signal-to-noise ratio (dB)",
        "rate of agreement, ±10 ms, matched units"
    ),
}  # fmt: skip


def plots(result: Result) -> dict[str, Plot]:
    """The figures' data by file name, all families of the result pooled bin by bin.

    A bin's score is the mean over families weighted by the recordings or units in it.
    """
    made = {}
    for name, (breakdown, score, weight, x_label, y_label) in _BREAKDOWNS.items():
        bins = _all_bins(result, breakdown)
        series = []
        for method in _methods(result):
            points = [_pooled(result, method, breakdown, score, weight, edges) for edges in bins]
            there = [k for k, point in enumerate(points) if point is not None]
            series.append(
                Series(
                    method,
                    [float(k) for k in there],
                    [points[k][0] for k in there],  # type: ignore[index]
                    [points[k][1] for k in there],  # type: ignore[index]
                )
            )
        ticks = [_bin_label(*edges) for edges in bins]
        made[name] = Plot(f"{y_label} by {x_label}", x_label, y_label, ticks, series)
    series = []
    for method in _methods(result):
        rows = [m[method] for m in result.values() if method in m]
        timed = [row for row in rows if row["seconds_per_recording"] is not None]
        if timed:
            series.append(
                Series(
                    method,
                    [row["seconds_per_recording"] for row in timed],
                    [row["f1"] for row in timed],
                    [row["recordings"] for row in timed],
                )
            )
    made["time_and_f1"] = Plot(
        "F1 against time, one point a family", "processor seconds a recording", "F1", [], series
    )
    return made


def write_figures(result: Result, folder: Path) -> list[Path]:
    """Draws every figure into a PNG file of ``folder``."""
    from matplotlib.figure import Figure

    written = []
    for name, plot in plots(result).items():
        figure = Figure(figsize=(7, 4), dpi=100, layout="constrained")
        axes = figure.subplots()
        for k, series in enumerate(plot.series):
            marker = "osv^D<>pX*"[k % 10]
            if plot.ticks:
                axes.plot(series.x, series.y, marker=marker, label=series.method)
            else:
                axes.plot(series.x, series.y, marker, label=series.method)
        if plot.ticks:
            axes.set_xticks(range(len(plot.ticks)), plot.ticks)
        else:
            axes.set_xscale("log")
        axes.set(xlabel=plot.x_label, ylabel=plot.y_label, ylim=(0, 1.02))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        path = folder / f"{name}.png"
        with replacing(path) as temporary:
            figure.savefig(temporary)
        written.append(path)
    return written


def _methods(result: Result) -> list[str]:
    """All methods, in the order they first come."""
    return list(dict.fromkeys(method for methods in result.values() for method in methods))


def _all_bins(result: Result, breakdown: str) -> list[tuple[float | None, float | None]]:
    edges = {
        (row["low"], row["high"])
        for methods in result.values()
        for summary in methods.values()
        for row in summary["breakdowns"][breakdown]
    }
    return sorted(edges, key=lambda e: float("-inf") if e[0] is None else e[0])


def _pooled(
    result: Result,
    method: str,
    breakdown: str,
    score: str,
    weight: str,
    edges: tuple[float | None, float | None],
) -> tuple[float, int] | None:
    rows = [
        row
        for methods in result.values()
        if method in methods
        for row in methods[method]["breakdowns"][breakdown]
        if (row["low"], row["high"]) == edges
    ]
    if score == "rate_of_agreement":  # of matched units, or of none
        rows = [row for row in rows if row["units_matched"]]
    total = sum(row[weight] for row in rows)
    if not total:
        return None
    return sum(row[score] * row[weight] for row in rows) / total, total


def _bin_label(low: float | None, high: float | None) -> str:
    if low is None:
        return f"< {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g}-{high:g}"
