"""Where the probe was: finds the placement of two recordings of a muscle by what both show.

Three things speak, each where it is there: territories (of whichever units both show), the power of
the velocity, and the echo's magnitude. First all shifts at some rotations, by Fourier transforms;
then the best of them is refined in shift, rotation and stretch. Territories count pair by pair by
the fourth power of their cosine, so that units which only one of the two shows hardly count, and a
few good pairs beat many poor ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, optimize

from kmu.tracking.placement import Floats, Grid, Placement
from kmu.tracking.seen import Seen

_PIXEL = 1.0  # mm, of the images that are compared: territories are some millimetres wide
_FARTHEST = 10.0  # mm, of the shifts that are tried
_ROTATIONS = np.deg2rad((-8.0, -4.0, 0.0, 4.0, 8.0))
_STARTS = 6
# What images weigh beside territories, and how far probes are turned and pressed, as a rule.
_IMAGE_WEIGHT = 0.3
_PRIOR_WEIGHT = 0.005
_USUAL = np.array([3.0, 3.0, np.deg2rad(5.0), 0.03, 0.03])
_STEP = np.array([0.7, 0.7, np.deg2rad(2.0), 0.02, 0.02])


@dataclass(frozen=True)
class Registration:
    """A placement and how well it fits.

    Attributes:
        placement: from the first image to the second.
        agreement: how alike what both show is there: 1 for equal, chance is about 0.1.
    """

    placement: Placement
    agreement: float


@dataclass(frozen=True, eq=False)
class _Views:
    """A recording on the coarse grid: maps (K, Z, X) of length 1, and images (Z, X)."""

    maps: NDArray[np.float32]
    images: dict[str, NDArray[np.float32]]
    grid: Grid


def register(first: Seen, second: Seen) -> Registration:
    """Finds where the image of a second recording lies in that of a first.

    Args:
        first: a result with its images.
        second: of the same muscle; without units or images in common it stays where it is.
    """
    here, there = _coarse(first), _coarse(second)
    shared = sorted(set(here.images) & set(there.images))

    def loss(values: Floats) -> float:
        prior = _PRIOR_WEIGHT * float(np.sum((values / _USUAL) ** 2))
        return prior - _agreement(_placement(values), here, there, shared)

    start = min(_starts(here, there, shared), key=loss)
    simplex = np.concatenate([start[None], start + np.diag(_STEP)])
    options = {"initial_simplex": simplex, "maxfev": 250, "xatol": 2e-3, "fatol": 1e-4}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    best = found.x if found.fun <= loss(start) else start
    placement = _placement(best)
    return Registration(placement, _agreement(placement, here, there, shared))


def _placement(values: Floats) -> Placement:
    return Placement(
        shift=(float(values[0]), float(values[1])),
        rotation=float(values[2]),
        stretch=(float(np.exp(values[3])), float(np.exp(values[4]))),
    )


def _coarse(seen: Seen) -> _Views:
    """Brings a recording to the grid of the comparison."""
    depth, width = seen.size
    shape = (max(round(depth / _PIXEL), 1), max(round(width / _PIXEL), 1))
    grid = (shape, (depth / shape[0], width / shape[1]))
    fine = (seen.shape, seen.spacing)
    sigma = tuple(0.4 * c / s for c, s in zip(grid[1], seen.spacing, strict=True))

    def reduced(images: NDArray[np.float32]) -> NDArray[np.float32]:
        smooth = ndimage.gaussian_filter(images, (0.0, *sigma), mode="nearest")
        return Placement().onto_first(smooth, grid, fine)[0]

    maps = reduced(seen.units.territory)
    images = {}
    for name in ("power", "magnitude"):
        image = getattr(seen, name)
        if image is not None and np.ptp(image) > 0:
            # The logarithm: what is strong must not drown the rest; slow trends say nothing.
            level = np.log(reduced(image[None])[0] + 1e-3 * float(image.max()))
            images[name] = (level - ndimage.gaussian_filter(level, 8.0, mode="nearest")).astype(
                np.float32
            )
    return _Views(maps, images, grid)


def _normalised(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = maps.reshape(len(maps), np.prod(maps.shape[1:], dtype=int))
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.maximum(length, np.float32(1e-6))


def _agreement(placement: Placement, here: _Views, there: _Views, shared: list[str]) -> float:
    """0 to 1: mean of the territories' agreement and, with less weight, of the images'."""
    stack = np.concatenate([there.maps, *(there.images[name][None] for name in shared)])
    moved, seen = placement.onto_first(stack, here.grid, there.grid)
    inside = seen > 0.5
    if inside.mean() < 0.2:
        return 0.0
    count = len(there.maps)
    total = weight = 0.0
    if count and len(here.maps):
        ours, theirs = _normalised(here.maps * inside), _normalised(moved[:count])
        total += _of_maps(ours @ theirs.T)
        weight += 1.0
    for k, name in enumerate(shared):
        one, other = here.images[name][inside], moved[count + k][inside]
        one, other = one - one.mean(), other - other.mean()
        length = float(np.linalg.norm(one) * np.linalg.norm(other))
        total += _IMAGE_WEIGHT * float(one @ other) / length if length > 1e-9 else 0.0
        weight += _IMAGE_WEIGHT
    return total / weight if weight else 0.0


def _of_maps(cosine: NDArray[np.floating]) -> float:
    """Agreement of two sets of maps from the cosines (K, L) of their pairs."""
    return float(np.sum(cosine**4) / min(cosine.shape))


def _starts(here: _Views, there: _Views, shared: list[str]) -> list[Floats]:
    """The best shifts at a few rotations, and no movement at all."""
    reach = [round(_FARTHEST / s) for s in here.grid[1]]
    # Room for both images side by side, and for all shifts where they are small.
    rows, columns = (
        max(a + b, 2 * r + 1) for a, b, r in zip(here.grid[0], there.grid[0], reach, strict=True)
    )
    size = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
    ours = _spectra(_normalised(here.maps).reshape(here.maps.shape), size)
    images = [here.images[name][None] for name in shared]
    our_images = [_spectra(_normalised(i).reshape(i.shape), size) for i in images]
    candidates = []
    for rotation in _ROTATIONS:
        turned = Placement(rotation=rotation)
        moved, _ = turned.onto_first(there.maps, here.grid, there.grid)
        score = np.zeros((2 * reach[0] + 1, 2 * reach[1] + 1))
        if len(ours) and len(moved):
            theirs = _spectra(_normalised(moved).reshape(moved.shape), size)
            for spectrum in theirs:
                score += (_shifts(ours, spectrum, size, reach) ** 4).sum(0)
            score /= min(len(ours), len(theirs))
        for spectrum, name in zip(our_images, shared, strict=True):
            image, _ = turned.onto_first(there.images[name][None], here.grid, there.grid)
            other = _spectra(_normalised(image).reshape(image.shape), size)[0]
            score += _IMAGE_WEIGHT * _shifts(spectrum, other, size, reach)[0]
        peaks = score == ndimage.maximum_filter(score, 3)
        for z, x in np.argwhere(peaks):
            aside = np.array([(z - reach[0]), (x - reach[1])]) * here.grid[1]
            # The second image moved by this lies on the first: its content is found there.
            shift = turned.matrix @ -aside
            penalty = _PRIOR_WEIGHT * float(np.sum((shift / _USUAL[:2]) ** 2))
            candidates.append((score[z, x] - penalty, (*shift, rotation, 0.0, 0.0)))
    best = sorted(candidates, key=lambda item: -item[0])[:_STARTS]
    return [np.zeros(5), *(np.array(values) for _, values in best)]


def _spectra(maps: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.complex64]:
    spectra: NDArray[np.complex64] = fft.rfft2(maps, s=size)
    return spectra


def _shifts(
    ours: NDArray[np.complex64],
    other: NDArray[np.complex64],
    size: tuple[int, int],
    reach: list[int],
) -> NDArray[np.float32]:
    """(K, 2 r + 1, 2 r' + 1) product of each map with another one moved by each shift."""
    product = fft.irfft2(ours * other.conj(), s=size)
    centred = np.roll(product, reach, axis=(1, 2))
    found: NDArray[np.float32] = centred[:, : 2 * reach[0] + 1, : 2 * reach[1] + 1]
    return found
