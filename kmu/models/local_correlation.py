"""Maps of local temporal correlation: what moves together, without any weights."""

from typing import Any

import keras
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class LocalCorrelation(keras.layers.Layer):
    """The correlation of each pixel's course with that of its neighbours.

    Rows of pixels are multiplied as matrices, (X, T) with (T, X), and the wanted lateral offsets
    are read off the band around the diagonal: all neighbours for a few matrix products.

    Args:
        offsets: non-negative offsets in pixels; neighbours at every combination of signs.

    Call arguments:
        velocity: (B, T, Z, X) float32 on the model grid.

    Returns:
        (B, Z, X, C) float32: (2 n - 1)^2 correlations, 0 where a neighbour is outside, and last
        the logarithm of the pixel's power.
    """

    def __init__(self, offsets: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.offsets = tuple(sorted(offsets))

    def call(self, velocity: Tensor) -> Tensor:
        velocity = ops.stop_gradient(velocity)
        rows = ops.transpose(velocity, (0, 2, 1, 3))
        rows = rows - ops.mean(rows, axis=2, keepdims=True)
        power = ops.sum(ops.square(rows), axis=2, keepdims=True)
        frames = ops.cast(ops.shape(rows)[2], "float32")
        rows = rows / ops.sqrt(power + 1e-4 * frames)
        columns = ops.transpose(rows, (0, 1, 3, 2))
        maps = []
        for down in self.offsets:
            count = ops.shape(rows)[1] - down
            gram = ops.matmul(columns[:, :count], rows[:, down:])
            maps.append(_shifted(self._band(gram), 0, down))
            if down:
                upward = ops.transpose(gram, (0, 1, 3, 2))
                maps.append(_shifted(self._band(upward), down, 0))
        maps.append(ops.log(power[:, :, 0, :, None] / frames + 1e-3))
        return ops.concatenate(maps, axis=-1)

    def _band(self, gram: Tensor) -> Tensor:
        """Entries (i, i + offset) of each (X, X) matrix: (B, Z, X, 2 n - 1)."""
        batch, depth, width, _ = ops.shape(gram)
        reach = self.offsets[-1]
        padded = ops.pad(gram, ((0, 0), (0, 0), (0, 0), (reach, reach)))
        flat = ops.reshape(padded, (batch, depth, width * (width + 2 * reach)))
        # Rows one entry longer than the matrix is wide slant the diagonals into columns.
        flat = ops.pad(flat, ((0, 0), (0, 0), (0, width)))
        slanted = ops.reshape(flat, (batch, depth, width, width + 2 * reach + 1))
        wanted = sorted({sign * offset for offset in self.offsets for sign in (-1, 1)})
        return ops.take(slanted, [offset + reach for offset in wanted], axis=-1)

    @property
    def channels(self) -> int:
        """Number of maps."""
        return (2 * len(self.offsets) - 1) ** 2 + 1

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (shape[0], shape[2], shape[3], self.channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "offsets": self.offsets}


def _shifted(maps: Tensor, above: int, below: int) -> Tensor:
    return ops.pad(maps, ((0, 0), (above, below), (0, 0), (0, 0)))
