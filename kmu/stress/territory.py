"""Where units lie, and how the tissue around them follows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from kmu.stress.world import World

Floats = NDArray[np.float64]
_EDGE = 0.5
"""Width of a territory's edge, mm."""


@dataclass(frozen=True, eq=False)
class Layers:
    """Where muscle begins and ends in depth, mm below the probe."""

    top: float
    bottom: float


def layers_of(world: World, rng: np.random.Generator) -> Layers:
    """Draws the layers of a recording."""
    return Layers(rng.uniform(*world.fat), world.size[0] - rng.uniform(*world.bone))


def grid_of(world: World) -> tuple[Floats, Floats]:
    """(Z, 1) depths and (1, X) positions across of the pixels' centres, mm."""
    dz, dx = world.spacing
    rows, columns = round(world.size[0] / dz), round(world.size[1] / dx)
    depth = dz * (np.arange(rows, dtype=np.float64)[:, None] + 0.5)
    across = dx * (np.arange(columns, dtype=np.float64)[None] + 0.5)
    return np.asarray(depth), np.asarray(across)


def centres_of(world: World, layers: Layers, rng: np.random.Generator, count: int) -> Floats:
    """(K, 2) centres in mm, none nearer to another than ``world.apart`` while there is room."""
    margin = 2.0
    low = np.array([layers.top + margin, margin])
    high = np.array([layers.bottom - margin, world.size[1] - margin])
    found: list[Floats] = []
    for _ in range(200 * count):
        point = rng.uniform(low, high)
        if all(np.hypot(*(point - other)) >= world.apart for other in found):
            found.append(point)
        if len(found) == count:
            break
    return np.array(found).reshape(-1, 2)


def outline(
    world: World, centre: Floats, rng: np.random.Generator, aside: float = 0.0
) -> tuple[Floats, Floats]:
    """A territory: a polygon around an ellipse, with a soft edge.

    Args:
        world: sizes.
        centre: (depth, across), mm.
        rng: of this unit; the same state gives the same outline.
        aside: shift across, mm.

    Returns:
        (Z, X) territory in [0, 1], 0.5 on the outline; (Z, X) place along the long axis, -1 to 1.
    """
    depth, across = grid_of(world)
    radius, ratio = rng.uniform(*world.diameter) / 2, rng.uniform(*world.elongation)
    turn, corners = rng.uniform(0, np.pi), int(rng.integers(7, 13))
    bumps = rng.uniform(0.8, 1.2, corners)
    y, x = depth - centre[0], across - centre[1] - aside
    along = (np.cos(turn) * x + np.sin(turn) * y) / np.sqrt(ratio)
    beside = (np.cos(turn) * y - np.sin(turn) * x) * np.sqrt(ratio)
    # The corners stand at equal angles of the ellipse; straight in between in polar coordinates.
    angle = np.arctan2(beside, along) % (2 * np.pi)
    border = radius * np.interp(
        angle, 2 * np.pi * np.arange(corners + 1) / corners, [*bumps, bumps[0]]
    )
    territory = np.clip(0.5 + (border - np.hypot(along, beside)) / _EDGE, 0, 1)
    return territory, np.clip(along / radius, -1, 1)


def response(world: World, territory: Floats, rng: np.random.Generator) -> Floats:
    """(Z, X) how much of a unit's velocity every place takes part in.

    Fibres move by 1. A share of it lies on the surroundings, which fall off as
    1 / (1 + r / reach) summed over the territory, which reaches across the image as the field of
    a line force does; and fibres that thicken push up what is above and down what is below, or
    the reverse.
    """
    share, reach = rng.uniform(*world.far_share), rng.uniform(*world.far_reach)
    push = world.thickening * rng.uniform(-1, 1)
    if not share and not push:
        return territory
    depth, across = grid_of(world)
    dz, dx = world.spacing
    y = dz * np.arange(1 - len(depth), len(depth))[:, None]
    x = dx * np.arange(1 - across.size, across.size)[None]
    even = 1 / (1 + np.hypot(y, x) / reach)
    odd = y / reach * even**2
    far = _centred(territory, even)
    thick = _centred(territory, odd)
    far, thick = far / far.max(), thick / max(np.abs(thick).max(), 1e-12)
    return np.asarray((1 - share) * territory + share * far + push * thick)


def _centred(image: Floats, kernel: Floats) -> Floats:
    """Convolution with a kernel of (2 Z - 1, 2 X - 1), on the image's own grid."""
    rows, columns = image.shape
    whole = fftconvolve(image, kernel)
    return np.asarray(whole[rows - 1 : 2 * rows - 1, columns - 1 : 2 * columns - 1])
