"""Where the units are: outlines on the velocity map, with a scale bar of millimetres."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.formulas import centroids
from kmu.report.figures.style import bar_length, scale_bar


def draw_map(
    axes: Any,
    power: NDArray[np.float32] | None,
    territory: NDArray[np.float32],
    spacing: tuple[float, float],
    labels: list[str],
    colours: list[str],
) -> None:
    """Draws territories, depth downwards.

    Args:
        axes: to draw on.
        power: (Z, X) root mean square of the velocity, mm/s; white if None.
        territory: (K, Z, X) in [0, 1]; the outline is at one half.
        spacing: (dz, dx) in mm.
        labels: one for each unit, at its centre.
        colours: likewise.
    """
    from matplotlib.patheffects import withStroke

    depth, width = territory.shape[1:]
    dz, dx = spacing
    extent = (0.0, width * dx, depth * dz, 0.0)
    shown = np.zeros((depth, width)) if power is None else power
    axes.imshow(shown, cmap="Greys", extent=extent, vmin=0, vmax=1.6 * float(np.max(shown)) or 1)
    x, z = (np.arange(-1, width + 1) + 0.5) * dx, (np.arange(-1, depth + 1) + 0.5) * dz
    for k, weights in enumerate(territory):
        inside = weights >= 0.5
        if not inside.any():
            continue
        below, across = centroids(inside[None], spacing)[0]
        # A frame of zeros closes outlines that touch the border of the image.
        axes.contour(x, z, np.pad(weights, 1), levels=[0.5], colors=[colours[k]], linewidths=0.9)
        axes.text(
            across,
            below,
            labels[k],
            color=colours[k],
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )
    axes.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    length = bar_length(extent[1])
    scale_bar(axes, (0, extent[2] * 1.03), length, f"{length:g} mm")
