"""Where the image of one recording lies in that of another: shift, rotation, stretch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Grid = tuple[tuple[int, int], tuple[float, float]]  # (Z, X) pixels of (dz, dx) mm


@dataclass(frozen=True)
class Placement:
    """From places p of a first image to places q of a second, both (depth, lateral) in mm.

    q = D R (p - c) + d + s, with the rotation R, D = diag(stretches), the middle c of the first
    image, and d, the same depth at the middle of the second image's width: what is at the probe's
    face stays there.

    Attributes:
        shift: s, mm.
        rotation: radians.
        stretch: of depth and lateral; 1 for none.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    stretch: tuple[float, float] = (1.0, 1.0)

    @property
    def matrix(self) -> Floats:
        """(2, 2), D R."""
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        return np.diag(self.stretch) @ turn

    def places(self, places: Floats, first: Grid, second: Grid) -> Floats:
        """Where places (N, 2) of the first image are in the second, mm."""
        centre, target = _anchors(first, second)
        moved: Floats = (places - centre) @ self.matrix.T + target + self.shift
        return moved

    def back(self, places: Floats, first: Grid, second: Grid) -> Floats:
        """Where places (N, 2) of the second image are in the first, mm."""
        centre, target = _anchors(first, second)
        moved: Floats = (places - target - self.shift) @ np.linalg.inv(self.matrix).T + centre
        return moved

    def onto_first(
        self, images: NDArray[np.floating], first: Grid, second: Grid
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Images of the second recording on the grid of the first.

        Returns:
            (N, Z, X) of images (N, Z', X'), and the share of each pixel (Z, X) that is in the
            second's view.
        """
        return _resampled(images, self.places(_pixels(first), first, second), second, first[0])

    def onto_second(
        self, images: NDArray[np.floating], first: Grid, second: Grid
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Images of the first recording on the grid of the second; as :meth:`onto_first`."""
        return _resampled(images, self.back(_pixels(second), first, second), first, second[0])

    def describe(self) -> dict[str, float]:
        """For people: mm, degrees, percent."""
        return {
            "shift_depth_mm": float(self.shift[0]),
            "shift_lateral_mm": float(self.shift[1]),
            "rotation_deg": float(np.rad2deg(self.rotation)),
            "stretch_depth": float(self.stretch[0]),
            "stretch_lateral": float(self.stretch[1]),
        }


def _anchors(first: Grid, second: Grid) -> tuple[Floats, Floats]:
    """The middle of the first image, and where an unmoved probe has it in the second, mm."""
    depth, width = np.multiply(*first)
    return np.array([depth / 2, width / 2]), np.array([depth / 2, second[0][1] * second[1][1] / 2])


def _pixels(grid: Grid) -> Floats:
    """(Z X, 2) centres of the pixels, mm."""
    (rows, columns), (dz, dx) = grid
    z, x = np.meshgrid((np.arange(rows) + 0.5) * dz, (np.arange(columns) + 0.5) * dx, indexing="ij")
    return np.stack([z.ravel(), x.ravel()], axis=1)


def _resampled(
    images: NDArray[np.floating], places: Floats, source: Grid, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Images (N, Z, X) of the source's grid at places in mm, by straight lines; 0 outside."""
    weights = _weights(places, source)
    flat = images.reshape(len(images), weights.shape[1]).astype(np.float32)
    moved = np.asarray((weights @ flat.T).T, np.float32)
    seen = np.asarray(weights.sum(axis=1), np.float32).reshape(shape)
    return moved.reshape(len(images), *shape), seen


def _weights(places: Floats, source: Grid) -> sparse.csr_array:
    """(N, Z X) bilinear weights of the source's pixels at places in mm."""
    (rows, columns), spacing = source
    at = places / spacing - 0.5
    low = np.floor(at).astype(np.intp)
    part = at - low
    count = len(places)
    index, column, value = [], [], []
    for i in (0, 1):
        for j in (0, 1):
            z, x = low[:, 0] + i, low[:, 1] + j
            inside = (z >= 0) & (z < rows) & (x >= 0) & (x < columns)
            weight = np.abs(1 - i - part[:, 0]) * np.abs(1 - j - part[:, 1])
            index.append(np.flatnonzero(inside))
            column.append((z * columns + x)[inside])
            value.append(weight[inside].astype(np.float32))
    return sparse.csr_array(
        (np.concatenate(value), (np.concatenate(index), np.concatenate(column))),
        shape=(count, rows * columns),
    )
