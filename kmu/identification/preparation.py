"""What may be done to velocity before units are looked for; all of it off by default.

The model removes slow drift itself and was trained with common motion in its recordings. These are
for recordings in which the wall, the probe or a vessel moves far more than the muscle.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.coarse import Coarse
from kmu.velocity.estimation import band_pass

# Power is summed over blocks of this length.
_BLOCK_SECONDS = 5.0
METHODS = ("none", "polynomial", "svd")


@dataclass(frozen=True)
class Preparation:
    """Filters and motion suppression, applied block by block at the model's frame rate.

    Attributes:
        band: (low, high) in Hz of a zero-phase band-pass, or None.
        motion: "none"; "polynomial" takes off, from every frame, the plane (order 1) or surface
            that fits it best; "svd" takes off the strongest components of each block.
        order: of the polynomial (0 to 3), or number of components (1 to 10).
    """

    band: tuple[float, float] | None = None
    motion: str = "none"
    order: int = 1

    def __post_init__(self) -> None:
        if self.motion not in METHODS:
            raise InputError(f"no motion suppression {self.motion!r}; choose {', '.join(METHODS)}")
        low, high = (1, 10) if self.motion == "svd" else (0, 3)
        if not low <= self.order <= high:
            raise InputError(f"order {self.order} of {self.motion} must lie in {low} to {high}")

    def __call__(
        self,
        velocity: NDArray[np.float32],
        frame_rate: float,
        inside: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Prepares a block (T, Z, X) in mm/s; pixels not ``inside`` (Z, X) stay as they are."""
        if self.motion == "polynomial":
            velocity = remove_polynomial(velocity, self.order, inside)
        elif self.motion == "svd":
            velocity = remove_components(velocity, self.order)
        if self.band is not None:
            velocity = band_pass(velocity, frame_rate, *self.band)
        return velocity


class Prepared:
    """A coarse recording that gives its frames prepared: what is judged is what was looked at.

    Args:
        coarse: the recording at the model's rate.
        preparation: applied to each cut of frames that is read.

    Attributes:
        shape: (T, Z, X).
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        constant: the one value of a recording that was constant as it came, else None.
        inside: (Z, X) bool, the field of view.
        warnings: what was put right in the coarse recording; a sentence each.
    """

    def __init__(self, coarse: Coarse, preparation: Preparation) -> None:
        self._coarse, self._preparation = coarse, preparation
        self.shape, self.frame_rate, self.spacing = coarse.shape, coarse.frame_rate, coarse.spacing
        self.constant, self.warnings = coarse.constant, coarse.warnings
        self.inside = coarse.inside

    @cached_property
    def power(self) -> NDArray[np.float32]:
        """(Z, X) root mean square of the prepared velocity, mm/s."""
        total = np.zeros(self.shape[1:])
        length = round(_BLOCK_SECONDS * self.frame_rate)
        for start in range(0, self.shape[0], length):
            part = self.frames(start, start + length)
            total += np.einsum("tzx,tzx->zx", part, part, dtype=np.float64)
        return np.sqrt(total / self.shape[0]).astype(np.float32)

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32, mm/s."""
        return self._preparation(self._coarse.frames(start, stop), self.frame_rate, self.inside)


def prepared(coarse: Coarse, preparation: Preparation | None) -> Coarse:
    """The recording as it is to be looked at; itself if nothing is to be done to it."""
    if preparation is None or (preparation.band is None and preparation.motion == "none"):
        return coarse
    return Prepared(coarse, preparation)


def remove_polynomial(
    velocity: NDArray[np.float32], order: int, inside: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Takes off every frame the polynomial in depth and lateral that fits it best.

    Units are small against the image, so a plane fits what moves in common: the probe, the whole
    muscle. Least squares over all pixels of the field of view; others stay as they are.

    Args:
        velocity: (T, Z, X).
        order: largest total power of the polynomial; 0 is the mean of the frame.
        inside: (Z, X), the field of view; None for all pixels.
    """
    frames, depth, width = velocity.shape
    z = np.linspace(-1, 1, depth)[:, None]
    x = np.linspace(-1, 1, width)[None]
    terms = [z**i * x**j for i in range(order + 1) for j in range(order + 1 - i)]
    surfaces = np.stack([np.broadcast_to(t, (depth, width)).ravel() for t in terms], 1)
    if inside is not None:
        surfaces = surfaces * inside.reshape(-1, 1)
    orthogonal, _ = np.linalg.qr(surfaces)
    basis: NDArray[np.float32] = orthogonal.astype(np.float32)
    flat = velocity.reshape(frames, depth * width)
    left = np.asarray(flat - (flat @ basis) @ basis.T, np.float32)
    return left.reshape(velocity.shape)


def remove_components(velocity: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Takes off the ``count`` strongest components (singular value decomposition) of a block.

    Common motion is strong and the same everywhere, so it comes first; but so may a strong unit
    that fires alone. Look at what it does before trusting it.

    Args:
        velocity: (T, Z, X).
        count: components.
    """
    flat = velocity.reshape(len(velocity), -1)
    # The time side is the smaller one: its Gram matrix has the same components.
    _, courses = np.linalg.eigh((flat @ flat.T).astype(np.float64))
    strongest = courses[:, -min(count, len(flat)) :].astype(np.float32)
    return (flat - strongest @ (strongest.T @ flat)).reshape(velocity.shape)
