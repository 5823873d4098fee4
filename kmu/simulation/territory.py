"""Territories: elliptical, crescent or split regions of the sizes that MRI measured."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import TerritoryConfig

_SMALLEST = 0.3  # mm: a few muscle fibres side by side


@dataclass(frozen=True, eq=False)
class Shapes:
    """Outlines of K territories, each an ellipse bent along a parabola, or two halves of it.

    Attributes:
        centre: (K, 2) depth and lateral, mm.
        angle: (K,) of the long axis to the lateral one, radians.
        half_length: (K,) mm along the long axis, without the gap.
        half_width: (K,) mm across.
        sag: (K,) mm by which the ends are bent aside; 0 for an ellipse.
        gap: (K,) mm between the two parts; 0 for a whole territory.
        bumps: (K, 3, 2) size and phase of the outline's 2nd, 3rd and 5th harmonic.
        edge: mm over which fibres thin out.
    """

    centre: NDArray[np.float64]
    angle: NDArray[np.float64]
    half_length: NDArray[np.float64]
    half_width: NDArray[np.float64]
    sag: NDArray[np.float64]
    gap: NDArray[np.float64]
    bumps: NDArray[np.float64]
    edge: float

    @property
    def area(self) -> NDArray[np.float64]:
        """(K,) mm2 inside the outlines, to second order in the bumps: bending changes nothing."""
        area: NDArray[np.float64] = np.pi * self.half_length * self.half_width
        return area

    def select(self, which: NDArray[np.intp]) -> "Shapes":
        """The shapes that an index array names."""
        chosen = {
            item.name: getattr(self, item.name)[which]
            for item in fields(self)
            if item.name != "edge"
        }
        return Shapes(**chosen, edge=self.edge)


def draw_shapes(
    centres: NDArray[np.float64],
    size_rank: NDArray[np.float64],
    config: TerritoryConfig,
    rng: np.random.Generator,
) -> Shapes:
    """Draws the outlines of K territories.

    Area and both diameters are drawn from what MRI measured. An ellipse of these diameters would
    be larger than the area: the rest makes crescents, which are thinner than they are wide.

    Args:
        centres: (K, 2) mm.
        size_rank: (K,) in [0, 1], the unit's place in the order of recruitment.
        config: sizes and shares.
        rng: source of randomness.
    """
    count = len(centres)
    # Area follows the threshold: uniform ranks, standardised, mixed with an independent part.
    standard = (size_rank - 0.5) * np.sqrt(12.0)
    mixed = config.area_growth * standard
    mixed = mixed + np.sqrt(1 - config.area_growth**2) * rng.standard_normal(count)
    area = np.clip(
        config.area_mean + config.area_deviation * mixed,
        0.25 * config.area_mean,
        2.5 * config.area_mean,
    )
    # Larger territories are longer and wider: part of both deviations goes with the area.
    length_mean, length_deviation = config.largest_diameter
    longest = length_mean + length_deviation * (0.7 * mixed + 0.71 * rng.standard_normal(count))
    width_mean, width_deviation = config.smallest_diameter
    widest = width_mean + width_deviation * (0.5 * mixed + 0.87 * rng.standard_normal(count))
    widest = np.clip(widest, 0.5 * width_mean, width_mean + 2 * width_deviation)
    widest = np.maximum(widest, _SMALLEST)
    longest = np.minimum(longest, length_mean + 2 * length_deviation)
    longest = np.maximum(longest, 1.1 * widest)
    gap = np.where(rng.uniform(size=count) < config.split, rng.uniform(1.0, 3.5, count), 0.0)
    # Area = pi/4 * length * thickness: no thicker than wide, no thinner than 0.4 of the width.
    body = np.maximum(longest - gap, widest)
    thickness = np.clip(4 * area / (np.pi * body), 0.4 * widest, widest)
    body = 4 * area / (np.pi * thickness)
    # What the thickness leaves of the width is bend; the border bulges out between, hence a half.
    sag = np.where(gap > 0, 0.0, widest - 0.5 * thickness)
    sag = np.where(thickness < 0.85 * widest, np.minimum(sag, 0.35 * body), 0.0)
    if config.plain[1] > 0:
        plain = rng.uniform(size=count) < rng.uniform(*config.plain)
        aspect = rng.uniform(*config.plain_aspect, count)
        body = np.where(plain, np.sqrt(4 * area * aspect / np.pi), body)
        thickness = np.where(plain, body / aspect, thickness)
        sag, gap = np.where(plain, 0.0, sag), np.where(plain, 0.0, gap)
    if config.scale != (1.0, 1.0):
        scale = rng.uniform(*config.scale)
        body, thickness, sag, gap = scale * body, scale * thickness, scale * sag, scale * gap
    size = rng.uniform(*config.irregularity) * rng.standard_normal((count, 3)) * (0.6, 0.6, 0.4)
    return Shapes(
        centre=centres,
        angle=rng.uniform(0, np.pi, count),
        half_length=body / 2,
        half_width=thickness / 2,
        sag=sag * rng.choice([-1.0, 1.0], count),
        gap=gap,
        bumps=np.stack([size, rng.uniform(0, 2 * np.pi, (count, 3))], axis=-1),
        edge=float(rng.uniform(*config.edge)),
    )


def rasterise(
    shapes: Shapes, depth: NDArray[np.float64], lateral: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draws territories on a grid.

    Args:
        shapes: K outlines.
        depth: (Z,) mm, or (Z, X) where the grid lies aslant.
        lateral: (X,) or (Z, X) mm.

    Returns:
        (K, Z, X) float32 in [0, 1], 0.5 on the outline, and the signed distance from the outline
        in mm, positive inside (exact near the outline only).
    """

    def each(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return values.astype(np.float32)[:, None, None]

    down = depth[:, None] if depth.ndim == 1 else depth
    across = lateral[None] if lateral.ndim == 1 else lateral
    z = down.astype(np.float32)[None] - each(shapes.centre[:, 0])
    x = across.astype(np.float32)[None] - each(shapes.centre[:, 1])
    cosine, sine = each(np.cos(shapes.angle)), each(np.sin(shapes.angle))
    u, v = cosine * x + sine * z, cosine * z - sine * x
    half, width = each(shapes.half_length), each(shapes.half_width)
    # Bending shifts every column of the ellipse: the area stays. The mean shift is taken out.
    curve = each(shapes.sag / shapes.half_length**2)
    v = v - curve * (u * u - 0.25 * half * half)
    slope = -2.0 * curve * u
    # A split territory: each half moves outwards by half the gap and closes into an ellipse.
    split = each(shapes.gap) > 0
    u = np.where(split, np.abs(u) - 0.5 * half - 0.5 * each(shapes.gap), u)
    half = np.where(split, 0.5 * half, half)
    a, b = u / half, v / width
    radius = np.sqrt(a * a + b * b) + np.float32(1e-6)
    steep_u, steep_v = (a / half + b * slope / width) / radius, b / width / radius
    radius *= _bumps(shapes, np.arctan2(b, a))
    distance = (1.0 - radius) / np.sqrt(steep_u**2 + steep_v**2 + np.float32(1e-6))
    return np.clip(0.5 + distance / np.float32(shapes.edge), 0.0, 1.0), distance


def _bumps(shapes: Shapes, angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Factor on the radius, by direction, that keeps the area to second order."""
    size, phase = shapes.bumps[..., 0], shapes.bumps[..., 1]
    factor = np.ones_like(angle)
    if not size.any():
        return factor
    for m, harmonic in enumerate((2, 3, 5)):
        factor += size[:, m, None, None].astype(np.float32) * np.cos(
            harmonic * angle + phase[:, m, None, None].astype(np.float32)
        )
    # Area of radius 1/h(angle) is half the integral of h^-2, which is about 1 + 3/2 sum of size^2.
    factor *= np.sqrt(1 + 1.5 * (size**2).sum(1)).astype(np.float32)[:, None, None]
    return np.maximum(factor, np.float32(0.3))
