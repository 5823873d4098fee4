"""How motor units move the tissue: their own fibres, what surrounds them, and when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from kmu.config.muscle import TissueConfig

DELAY_NODE = 0.004  # s: a unit's train is taken this much earlier, on time, and later


@dataclass(frozen=True)
class TissueDraw:
    """The tissue of one recording: one value out of each range of ``TissueConfig``."""

    spread: float
    spread_length: float
    bulge: float
    outside_muscle: float
    firing_delay: float
    wave_slowness: float
    stiffening: float
    far_field: float = 0.0
    far_reach: float = 40.0


def draw_tissue(
    config: TissueConfig, rng: np.random.Generator, far_rng: np.random.Generator
) -> TissueDraw:
    """Draws the tissue of one recording; the far field from a source of its own."""
    return TissueDraw(
        **{
            name: float((far_rng if "far" in name else rng).uniform(*getattr(config, name)))
            for name in TissueDraw.__annotations__
        }
    )


def patterns(
    territory: NDArray[np.float32],
    distance: NDArray[np.float32],
    direction: NDArray[np.float64],
    muscle: NDArray[np.float32],
    tissue: TissueDraw,
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    """Motion in depth that K units make, per unit of motion of their own fibres.

    Four parts. The fibres move by their territory. Elastic tissue around them follows: an
    incompressible medium pushed in depth moves by (kx^2 / k^2) / (1 + (k l)^2) of the push at
    wave vector k, so along with the unit above and below it and **against** it beside it.
    And the shortening fibres thicken: tissue moves outwards, the gradient of a potential whose
    source is the territory, up above the unit and down below. A sheet that is held far away only
    follows by the logarithm of distance. The sum is scaled so that its mean
    over the fibres is 1: where the territory is 1, a unit contributes its twitch train.

    Args:
        territory: (K, Z, X) in [0, 1].
        distance: (K, Z, X) mm from the outline, positive inside.
        direction: (K,) in which the delay grows, radians.
        muscle: (Z, X) in [0, 1], 1 inside the muscle.
        tissue: of this recording.
        spacing: (dz, dx) mm.

    Returns:
        (K, 3, Z, X) float32: the share of the displacement 4 ms early, on time and 4 ms late, so
        that each pixel's delay is interpolated by a parabola; (K, 1, Z, X) if there are no delays.
    """
    count, rows, columns = territory.shape
    weight = territory.copy()
    # Twice the field of view keeps one edge from moving the other.
    size = (fft.next_fast_len(2 * rows, real=True), fft.next_fast_len(2 * columns, real=True))
    if count and (tissue.spread or tissue.bulge):
        kz = (2 * np.pi * fft.fftfreq(size[0], spacing[0]))[:, None]
        kx = (2 * np.pi * fft.rfftfreq(size[1], spacing[1]))[None]
        square = kz**2 + kx**2
        square[0, 0] = np.inf
        follow = kx**2 / square / (1.0 + square * tissue.spread_length**2)
        outward = -1j * kz / square / (1.0 + 0.04 * square)  # blurred by 0.2 mm: no ringing
        spectrum = fft.rfft2(territory, s=size)
        around = fft.irfft2(spectrum * follow.astype(np.complex64), s=size)[:, :rows, :columns]
        peak = np.abs(around).max(axis=(1, 2), keepdims=True) + np.float32(1e-9)
        weight += np.float32(tissue.spread) * around / peak
        apart = fft.irfft2(spectrum * outward.astype(np.complex64), s=size)[:, :rows, :columns]
        widest = np.abs(apart).max(axis=(1, 2), keepdims=True) + np.float32(1e-9)
        weight += np.float32(tissue.bulge) * apart / widest
    if count and tissue.far_field:
        sheet = fft.rfft2(sheet_response(size, spacing, tissue.far_reach).astype(np.float32))
        far = fft.irfft2(fft.rfft2(territory, s=size) * sheet, s=size)[:, :rows, :columns]
        peak = np.abs(far).max(axis=(1, 2), keepdims=True) + np.float32(1e-9)
        weight += np.float32(tissue.far_field) * far / peak
    weight *= tissue.outside_muscle + (1.0 - tissue.outside_muscle) * muscle
    own = (weight * territory).sum((1, 2)) / np.maximum((territory**2).sum((1, 2)), 1e-6)
    weight /= np.maximum(own, 0.2)[:, None, None]
    if not tissue.firing_delay and not tissue.wave_slowness:
        return weight[:, None]
    return _delayed(weight, territory, distance, direction, tissue, spacing)


def sheet_response(
    size: tuple[int, int], spacing: tuple[float, float], reach: float
) -> NDArray[np.float64]:
    """Motion in depth around a line force in depth, in an incompressible elastic sheet.

    Kelvin's solution in plane strain, ln(R / r) + z^2 / r^2, less the mean of its second term, so
    that nothing moves on average at the reach R.

    Args:
        size: of the periodic grid, which starts at the force.
        spacing: (dz, dx) mm.
        reach: R in mm.
    """
    z = (fft.fftfreq(size[0]) * size[0] * spacing[0])[:, None]
    x = (fft.fftfreq(size[1]) * size[1] * spacing[1])[None]
    # Half a pixel's radius in place of the singularity.
    square = z**2 + x**2 + 0.25 * spacing[0] * spacing[1]
    response: NDArray[np.float64] = 0.5 * np.log(reach**2 / square) + z**2 / square - 0.5
    return response


def moving_rows(depth: NDArray[np.float64], layers: tuple[float, float]) -> NDArray[np.float32]:
    """(Z, 1): 0 in the layers at rest on top and at the bottom, 1 between.

    Args:
        depth: (Z,) mm of the pixels' centres, evenly spaced from half a pixel on.
        layers: their thickness in mm.
    """
    bottom = depth[-1] + depth[0] - layers[1]
    return ((depth >= layers[0]) & (depth <= bottom)).astype(np.float32)[:, None]


def _delayed(
    weight: NDArray[np.float32],
    territory: NDArray[np.float32],
    distance: NDArray[np.float32],
    direction: NDArray[np.float64],
    tissue: TissueDraw,
    spacing: tuple[float, float],
) -> NDArray[np.float32]:
    """Splits the weights over three trains: parabolic interpolation at each pixel's delay."""
    count, rows, columns = territory.shape
    z = (np.arange(rows, dtype=np.float32) * spacing[0])[None, :, None]
    x = (np.arange(columns, dtype=np.float32) * spacing[1])[None, None, :]
    cosine = np.cos(direction).astype(np.float32)[:, None, None]
    sine = np.sin(direction).astype(np.float32)[:, None, None]
    along = cosine * x + sine * z
    mass = np.maximum(territory.sum((1, 2), keepdims=True), np.float32(1e-6))
    along = along - (along * territory).sum((1, 2), keepdims=True) / mass
    deviation = np.sqrt((along**2 * territory).sum((1, 2), keepdims=True) / mass) + 1e-3
    # From end to end of an even territory is four standard deviations: -delay/2 to +delay/2.
    half = np.float32(tissue.firing_delay / 2)
    delay = np.clip(along / (2 * deviation), -1.0, 1.0) * half
    # Beyond the border motion travels as a shear wave; the reach is bounded, as is motion.
    away = np.clip(-distance, 0.0, 15.0) * np.float32(tissue.wave_slowness * 1e-3)
    d = np.clip((delay + away) / np.float32(DELAY_NODE), -1.5, 1.5).astype(np.float32)
    split = np.empty((count, 3, rows, columns), np.float32)
    split[:, 0] = weight * (0.5 * d * (d - 1.0))
    split[:, 1] = weight * (1.0 - d * d)
    split[:, 2] = weight * (0.5 * d * (d + 1.0))
    return split


def summed_displacement(
    trains: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Superposes all units linearly.

    Args:
        trains: (K, J, T) displacement of every unit at its J delays.
        weight: (K, J, Z, X).

    Returns:
        (T, Z, X) displacement.
    """
    rows, columns = weight.shape[2:]
    flat = trains.reshape(trains.shape[0] * trains.shape[1], trains.shape[2])
    summed: NDArray[np.float32] = flat.T @ weight.reshape(len(flat), rows * columns)
    return summed.reshape(-1, rows, columns)


def stiffened(displacement: NDArray[np.float32], softness: float) -> NDArray[np.float32]:
    """The factor 1 / (1 + softness |u|) by which tissue that has moved already moves less.

    Displacement u becomes u times this factor; its rate of change, times the factor squared.
    """
    factor = np.abs(displacement)
    factor *= np.float32(softness)
    factor += np.float32(1.0)
    return np.reciprocal(factor, out=factor)
