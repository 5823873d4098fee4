"""Maps of local temporal correlation: what moves together, without any weights."""

from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class LocalCorrelation(keras.layers.Layer):
    """The correlation of each pixel's course with that of its neighbours.

    Rows of pixels are multiplied as matrices, (X, T) with (T, X), and the wanted lateral offsets
    are picked from the band around the diagonal: all neighbours for a few matrix products.

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
        batch, depth, _, width = ops.shape(rows)
        # All rows of the batch in one axis, the first: TensorFlow slices that without copying.
        rows = ops.reshape(rows, (batch * depth, -1, width))
        columns = ops.transpose(rows, (0, 2, 1))
        along, against, inside = self._band(width)
        row = ops.arange(depth)[:, None, None]
        maps = []
        for down in self.offsets:
            gram = ops.matmul(columns[: batch * depth - down], rows[down:])
            flat = ops.reshape(gram, (batch * depth - down, width * width))
            looks = [(along, 0, down, row < depth - down)]
            if down:
                looks.append((against, down, 0, row >= down))
            for entries, above, below, has_neighbour in looks:
                picked = ops.pad(ops.take(flat, entries, axis=-1), ((above, below), (0, 0), (0, 0)))
                seen = inside * ops.cast(has_neighbour, "float32")
                maps.append(ops.reshape(picked, (batch, depth, width, -1)) * seen)
        maps.append(ops.log(power[:, :, 0, :, None] / frames + 1e-3))
        return ops.concatenate(maps, axis=-1)

    def _band(self, width: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where the wanted lateral offsets lie in a flattened (X, X) matrix.

        Returns:
            (X, 2 n - 1) int32 indices of the entries (i, i + offset) and of (i + offset, i), and
            float32, 0 where i + offset is outside.
        """
        wanted = sorted({sign * offset for offset in self.offsets for sign in (-1, 1)})
        own = ops.arange(width)[:, None]
        other = own + ops.convert_to_tensor(np.array(wanted, np.int32))
        inside = ops.cast(ops.logical_and(other >= 0, other < width), "float32")
        other = ops.clip(other, 0, width - 1)
        return own * width + other, other * width + own, inside

    @property
    def channels(self) -> int:
        """Number of maps."""
        return (2 * len(self.offsets) - 1) ** 2 + 1

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (shape[0], shape[2], shape[3], self.channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "offsets": self.offsets}
