"""The figure of tracked units: each recording's map, a unit in one colour, and its matches."""

import os
from typing import Any

import numpy as np

from kmu.files import replacing
from kmu.report.figures.style import GREY, colour_of, styled
from kmu.report.figures.where import draw_map
from kmu.report.overview import check_figure_name
from kmu.tracking.pipeline import Tracks


def save_tracks(tracks: Tracks, path: str | os.PathLike[str]) -> None:
    """Draws tracked units into a PNG (or PDF, SVG).

    Raises:
        InputError: if the file cannot be written, or its name is no figure's.
    """
    check_figure_name(path)
    with styled():
        figure = draw_tracks(tracks)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=200)


def draw_tracks(tracks: Tracks) -> Any:
    """A map of each recording, units that were found again in colour and with their track's number.

    Below, a row a track: a dot where it was found, and how likely its least likely pair is.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(tracks.seen)
    matched = int((tracks.recordings > 1).sum())
    figure = Figure(figsize=(2.4 * count + 1.8, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, count + 1, width_ratios=[*[1] * count, 0.75])
    for r, seen in enumerate(tracks.seen):
        track = {int(k): u for u, k in enumerate(tracks.index[:, r]) if k >= 0}
        again = [track[k] < matched for k in range(len(seen.units))]
        draw_map(
            axes[r],
            seen.power,
            seen.units.territory,
            seen.spacing,
            [str(track[k] + 1) if yes else "" for k, yes in enumerate(again)],
            [colour_of(track[k]) if yes else GREY for k, yes in enumerate(again)],
        )
        axes[r].set_title(f"{seen.name or r + 1}: {sum(again)} of {len(again)} again")
    _draw_matches(axes[-1], tracks, matched)
    return figure


def _draw_matches(axes: Any, tracks: Tracks, matched: int) -> None:
    """A row a track, a column a recording."""
    count = len(tracks.seen)
    for u in range(matched):
        here = np.flatnonzero(tracks.index[u] >= 0)
        axes.plot(here + 1, np.full(len(here), u + 1), "-o", color=colour_of(u), ms=3)
        axes.text(count + 0.4, u + 1, f"{tracks.probability[u]:.2f}", va="center", fontsize=5)
    axes.set(
        xlim=(0.5, count + 1.4),
        ylim=(max(matched, 1) + 0.7, 0.3),
        xticks=range(1, count + 1),
        xlabel="recording",
        ylabel="track",
        title="found in, probability" if matched else "no unit was found again",
    )
