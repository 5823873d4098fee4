"""Muscle outlines, and where in them the centres of motor units lie."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import TerritoryConfig
from kmu.errors import InputError

# Exponent of |u|^n + |v|^n = 1 and bend (share of the thickness) of each outline.
OUTLINES: dict[str, tuple[float, float]] = {
    "ellipse": (2.0, 0.0),
    "square": (4.0, 0.0),
    "slab": (12.0, 0.0),
    "bent": (3.0, 0.35),
}

_CANDIDATES = 10  # places a centre is chosen from
_MARGIN = 0.08  # no centre in the outermost part of the muscle


@dataclass(frozen=True)
class Muscle:
    """A cross-section: |u|^n + |v|^n <= 1 in bent, turned, shifted coordinates.

    Attributes:
        outline: its name in ``OUTLINES``.
        centre: (depth, lateral) mm.
        half_size: (depth, lateral) mm.
        tilt: radians.
        exponent: 2 for an ellipse; a box as it grows.
        bend: how far the ends droop, as a share of the half thickness.
    """

    outline: str
    centre: tuple[float, float]
    half_size: tuple[float, float]
    tilt: float
    exponent: float
    bend: float

    def level(
        self, depth: NDArray[np.float64], lateral: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """About 1 - distance from the centre over that of the outline: positive inside."""
        z, x = depth - self.centre[0], lateral - self.centre[1]
        u = (np.cos(self.tilt) * x + np.sin(self.tilt) * z) / self.half_size[1]
        v = (np.cos(self.tilt) * z - np.sin(self.tilt) * x) / self.half_size[0]
        v = v - self.bend * (u**2 - 1.0 / 3.0)
        radius: NDArray[np.float64] = (np.abs(u) ** self.exponent + np.abs(v) ** self.exponent) ** (
            1.0 / self.exponent
        )
        return 1.0 - radius


def draw_muscle(
    config: TerritoryConfig, field_of_view: tuple[float, float], rng: np.random.Generator
) -> Muscle:
    """Draws a muscle around the middle of the field of view (depth, lateral) in mm."""
    outline = str(rng.choice(list(config.outlines)))
    if outline not in OUTLINES:
        raise InputError(f"no muscle outline {outline!r}; choose from {list(OUTLINES)}")
    exponent, bend = OUTLINES[outline]
    half = (rng.uniform(*config.muscle_thickness) / 2, rng.uniform(*config.muscle_width) / 2)
    shift = rng.uniform(-0.05, 0.05, 2)
    return Muscle(
        outline=outline,
        centre=(field_of_view[0] * (0.5 + shift[0]), field_of_view[1] * (0.5 + shift[1])),
        half_size=half,
        tilt=float(np.deg2rad(rng.uniform(-12.0, 12.0))),
        exponent=exponent,
        bend=float(bend * rng.choice([-1.0, 1.0])),
    )


def draw_centres(
    muscle: Muscle, count: int, jitter: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draws ``count`` centres inside the muscle: spread apart, then shifted at random.

    Of a few random places each centre takes the one farthest from those before it (Mitchell's
    best candidate).

    Returns:
        (count, 2) depth and lateral in mm, in random order.
    """
    candidates = _inside(muscle, count * _CANDIDATES, rng).reshape(count, _CANDIDATES, 2)
    spread = np.empty((count, 2))
    for k in range(count):
        if k == 0:
            spread[k] = candidates[k, 0]
            continue
        away = ((candidates[k][:, None] - spread[None, :k]) ** 2).sum(axis=2).min(axis=1)
        spread[k] = candidates[k, away.argmax()]
    shifted = spread + rng.normal(0.0, jitter, spread.shape)
    left = muscle.level(shifted[:, 0], shifted[:, 1]) <= _MARGIN
    shifted[left] = spread[left]  # a shift that leaves the muscle is not made
    return rng.permutation(shifted)


def _inside(muscle: Muscle, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(count, 2) evenly distributed random places in the muscle."""
    reach = 1.3 * max(muscle.half_size)
    found = np.zeros((0, 2))
    while len(found) < count:
        places = rng.uniform(-reach, reach, (2 * count, 2)) + muscle.centre
        found = np.concatenate([found, places[muscle.level(places[:, 0], places[:, 1]) > _MARGIN]])
    return found[:count]
