"""What a recording shows of its units, small enough to be looked at in a page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.formulas import solve_ridge
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits

# Of the velocity movie. A page of it stays below 15 MB, whatever the length of the recording.
MOST_BYTES = 4_000_000
MOST_PIXELS = 4096
# Enough to follow a twitch by eye; a longer movie is thinned to it before its pixels are.
_FLUENT_HZ = 50.0
_BLOCK_SECONDS = 5.0
_RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Look:
    """What is shown of a recording beside its units.

    Attributes:
        movie: (F, z, x) int8 velocity; times ``movie_scale`` it is mm/s.
        movie_rate: frames per second of the movie.
        movie_scale: mm/s of a step.
        maps: (K, Z, X) float32, the velocity of each pixel regressed on the trains of all units:
            what the recording alone says of the territory.
        inside: (K, T) float32, velocity inside each territory, mean weighted by it, mm/s.
        frame_rate: of ``inside``, Hz.
    """

    movie: NDArray[np.int8]
    movie_rate: float
    movie_scale: float
    maps: NDArray[np.float32]
    inside: NDArray[np.float32]
    frame_rate: float


def look(units: MotorUnits, source: FrameSource) -> Look:
    """Reads a recording once, in blocks, and keeps what a page shows of it.

    Args:
        units: at the source's frame rate.
        source: best the copy at the model's rate.
    """
    frames, depth, width = source.shape
    step, factors = movie_steps(source.shape, source.spacing, source.frame_rate)
    weights = units.territory.reshape(len(units), depth * width)
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-9)
    trains = units.twitch_train - units.twitch_train.mean(1, keepdims=True)
    together = np.zeros((len(units), depth * width))
    inside = np.zeros((len(units), frames), np.float32)
    shown = []
    length = max(round(_BLOCK_SECONDS * source.frame_rate / step), 1) * step
    for start in range(0, frames, length):
        block = source.frames(start, min(start + length, frames))
        flat = block.reshape(len(block), -1)
        inside[:, start : start + len(block)] = weights @ flat.T
        together += trains[:, start : start + len(block)] @ flat
        shown.append(coarser(block[::step], factors))
    maps = solve_ridge(trains @ trains.T, together, _RIDGE)
    movie = np.concatenate(shown)
    # The strongest of two hundred pixels may be cut off: one bad pixel must not darken the rest.
    scale = float(np.quantile(np.abs(movie), 0.995)) / 127 or 1.0
    return Look(
        movie=np.clip(np.round(movie / scale), -127, 127).astype(np.int8),
        movie_rate=source.frame_rate / step,
        movie_scale=scale,
        maps=maps.reshape(-1, depth, width).astype(np.float32),
        inside=inside,
        frame_rate=source.frame_rate,
    )


def movie_steps(
    shape: tuple[int, int, int], spacing: tuple[float, float], frame_rate: float
) -> tuple[int, tuple[int, int]]:
    """Every how many frames, and of how many pixels (depth, lateral) one, a movie is made.

    Returns:
        The step in time, and the numbers of pixels that become one.
    """
    frames, depth, width = shape
    factors = pixel_factors((depth, width), spacing, MOST_PIXELS)

    def size(step: int) -> int:
        return -(-frames // step) * (depth // factors[0]) * (width // factors[1])

    step = 1
    while size(step) > MOST_BYTES and frame_rate / (step + 1) >= _FLUENT_HZ:
        step += 1
    if size(step) > MOST_BYTES:
        factors = pixel_factors((depth, width), spacing, MOST_PIXELS // 3)
    while size(step) > MOST_BYTES:
        step += 1
    return step, factors


def pixel_factors(
    shape: tuple[int, int], spacing: tuple[float, float], most: int
) -> tuple[int, int]:
    """How many pixels along depth and lateral become one, so that at most ``most`` are left.

    The axis of the smaller pixels is thinned first.
    """
    factors = [1, 1]
    while (shape[0] // factors[0]) * (shape[1] // factors[1]) > most:
        size = [spacing[axis] * factors[axis] for axis in (0, 1)]
        can = [shape[axis] // (factors[axis] + 1) >= 1 for axis in (0, 1)]
        axis = 0 if can[0] and (size[0] <= size[1] or not can[1]) else 1
        factors[axis] += 1
    return factors[0], factors[1]


def coarser(images: NDArray[np.floating], factors: tuple[int, int]) -> NDArray[np.float32]:
    """Means (N, z, x) over blocks of pixels of (N, Z, X); what is left at the far edges is cut."""
    a, b = factors
    count, depth, width = images.shape
    cut = images[:, : depth // a * a, : width // b * b]
    blocks = cut.reshape(count, depth // a, a, width // b, b)
    return np.asarray(blocks.mean((2, 4)), np.float32)
