"""What all figures for a paper look like: size, letters, colours, scale bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The width of a page of most journals, mm; a column has 85.
PAGE_MM = 180.0
# Wider than this, panels stand side by side.
WIDE_MM = 110.0
MM_PER_INCH = 25.4
POINTS = 8
# Okabe and Ito (2008), Color Universal Design: told apart with any colour vision. Their yellow and
# black are left out, one too pale for lines on white, the other the colour of axes and letters.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#707070"

_SETTINGS: dict[str, Any] = {
    "font.size": POINTS,
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "axes.labelsize": POINTS,
    "axes.titlesize": POINTS,
    "xtick.labelsize": POINTS,
    "ytick.labelsize": POINTS,
    "legend.fontsize": POINTS,
    "axes.linewidth": 0.6,
    "lines.linewidth": 0.7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # Letters stay letters, so that a drawing program can change them.
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    # The same result gives the same file.
    "svg.hashsalt": "kmu",
    "figure.dpi": 150,
    "savefig.dpi": 600,
}


@contextmanager
def styled() -> Iterator[None]:
    """Applies the style while something is drawn or saved, and no longer."""
    import logging

    import matplotlib

    # Which of the families is there is no news for the user.
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with matplotlib.rc_context(_SETTINGS):
            yield
    finally:
        logger.setLevel(before)


def colour_of(index: int) -> str:
    """The colour of the unit in this place; they come again after six."""
    return COLOURS[index % len(COLOURS)]


def bar_length(whole: float, share: float = 0.25) -> float:
    """A round length (1, 2 or 5 times a power of ten) of at most ``share`` of the whole."""
    most = max(whole * share, 1e-9)
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))


def scale_bar(
    axes: Any, start: tuple[float, float], length: float, label: str, vertical: bool = False
) -> None:
    """Draws a bar of ``length`` in the axes' own units, its label beside it.

    Args:
        axes: to draw on.
        start: its left or first end.
        length: in data units; may be negative, to the other side.
        label: with the unit.
        vertical: along y instead of x.
    """
    x, y = start
    end = (x, y + length) if vertical else (x + length, y)
    axes.plot([x, end[0]], [y, end[1]], color="black", lw=1.5, solid_capstyle="butt", clip_on=False)
    axes.annotate(
        label,
        # Above the start: a bar along x may begin there, too, and this one be lower than letters.
        start if vertical else ((x + end[0]) / 2, y),
        xytext=(3, 1) if vertical else (0, -3),
        textcoords="offset points",
        ha="left" if vertical else "center",
        va="bottom" if vertical else "top",
        annotation_clip=False,
    )


def is_wide(axes: Any) -> bool:
    """Whether axes are nearer to a page than to a column in width."""
    return bool(axes.get_window_extent().width / axes.figure.dpi * MM_PER_INCH > WIDE_MM)


def nothing_found(axes: Any) -> None:
    """What is drawn for a result without units."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, "no motor unit found", transform=axes.transAxes, ha="center", va="center")


def thinned(
    values: NDArray[np.float32], frame_rate: float, most_hz: float = 200.0
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Time in s and every n-th sample of (..., T): twitch trains hold nothing above 50 Hz."""
    step = max(int(frame_rate / most_hz), 1)
    taken = values[..., ::step]
    return np.arange(taken.shape[-1]) * step / frame_rate, taken
