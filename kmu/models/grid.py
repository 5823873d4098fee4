"""Bringing any recording to the model's grid, and results back to the recording's own.

Resampling is a product with small banded matrices that are made in the graph from frame rate
and spacing, so one SavedModel serves every scanner. Kernel: Keys' cubic convolution (a = -1/2,
IEEE Trans. ASSP 29:1153, 1981), widened where the target is coarser, which is the anti-aliasing.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from kmu.config import GridConfig
from kmu.models.jolts import bridge_jolts
from kmu.models.quieting import quieted

Tensor = Any
# Output samples a block: long enough that blocks overlap little, short enough that memory and
# time stay linear in the length of the recording.
_BLOCK = 32


def _cubic(distance: Tensor) -> Tensor:
    x = ops.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return ops.where(x < 1, near, ops.where(x < 2, far, 0.0))


def _weights(positions: Tensor, taps: Tensor, count: Tensor, stretch: Tensor) -> Tensor:
    """Kernel weights of input samples ``taps`` for outputs at ``positions`` (in input samples)."""
    weights = _cubic((positions[..., :, None] - taps[..., None, :]) / stretch)
    inside = ops.logical_and(taps >= 0, taps <= count - 1)
    weights = ops.where(inside[..., None, :], weights, 0.0)
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-6)


def _float(value: Any) -> Tensor:
    return ops.cast(value, "float32")


def resample_time(signal: Tensor, ratio: Tensor, count: Tensor) -> Tensor:
    """Resamples axis 1 of (B, T, P).

    Args:
        signal: (B, T, P) float32.
        ratio: input samples for one output sample.
        count: number of output samples, an integer.

    Returns:
        (B, count, P) float32; output sample i lies at input position i * ratio.
    """
    batch, frames, width = ops.shape(signal)
    stretch = ops.maximum(ratio, 1.0)
    blocks = (count + _BLOCK - 1) // _BLOCK
    first = _float(ops.arange(blocks) * _BLOCK) * ratio
    positions = first[:, None] + _float(ops.arange(_BLOCK)) * ratio
    span = ops.cast(ops.ceil((_BLOCK - 1) * ratio + 4.0 * stretch), "int32") + 2
    taps = ops.floor(first - 2.0 * stretch)[:, None] + _float(ops.arange(span))
    last = _float(frames - 1)
    weights = _weights(ops.minimum(positions, last), taps, last + 1, stretch)
    index = ops.cast(ops.clip(taps, 0.0, last), "int32")
    taken = ops.take(signal, index, axis=1)
    blocked = ops.matmul(weights, taken)
    return ops.reshape(blocked, (batch, blocks * _BLOCK, width))[:, :count]


def space_matrix(
    inputs: Tensor, input_spacing: Tensor, outputs: Tensor, output_spacing: Tensor
) -> Tensor:
    """(outputs, inputs) weights between two pixel rows that share their left edge.

    Pixel i covers i to i + 1 times its spacing. Rows of pixels beyond the field of view are 0.
    """
    ratio = output_spacing / input_spacing
    positions = (_float(ops.arange(outputs)) + 0.5) * ratio - 0.5
    taps = _float(ops.arange(inputs))
    last = _float(inputs) - 1.0
    weights = _weights(ops.clip(positions, 0.0, last), taps, last + 1.0, ops.maximum(ratio, 1.0))
    seen = ops.logical_and(positions > -0.5 - ratio / 2, positions < last + 0.5 + ratio / 2)
    return ops.where(seen[:, None], weights, 0.0)


def resample_space(images: Tensor, depth: Tensor, lateral: Tensor) -> Tensor:
    """Applies the matrices ``depth`` (Z', Z) and ``lateral`` (X', X) to images (..., Z, X)."""
    return ops.matmul(ops.matmul(depth, images), ops.transpose(lateral))


def grid_matrices(config: GridConfig, shape: tuple[Any, Any], spacing: Tensor) -> list[Tensor]:
    """The matrices (Z', Z) and (X', X) that bring images to the model grid.

    Args:
        config: the grid.
        shape: (Z, X), pixels of the images.
        spacing: (2,) float32, mm; size of those pixels.
    """
    matrices = []
    for axis, pixels in enumerate(shape):
        filled = ops.ceil(_float(pixels) * spacing[axis] / config.spacing / config.multiple - 1e-3)
        target = ops.cast(filled, "int32") * config.multiple
        matrices.append(space_matrix(pixels, spacing[axis], target, config.spacing))
    return matrices


def remove_drift(signal: Tensor, window: int) -> Tensor:
    """Subtracts the local mean over ``window`` frames (Hamming weighted) along axis 1 of (B, T, P).

    Edges see the first or last frame repeated.
    """
    taper = np.hamming(window)
    high_pass = -taper / taper.sum()
    high_pass[window // 2] += 1.0
    band = np.zeros((_BLOCK, _BLOCK + window - 1), np.float32)
    for row in range(_BLOCK):
        band[row, row : row + window] = high_pass
    batch, frames, width = ops.shape(signal)
    blocks = (frames + _BLOCK - 1) // _BLOCK
    index = ops.arange(blocks)[:, None] * _BLOCK + ops.arange(band.shape[1]) - window // 2
    taken = ops.take(signal, ops.clip(index, 0, frames - 1), axis=1)
    filtered = ops.matmul(ops.convert_to_tensor(band), taken)
    return ops.reshape(filtered, (batch, blocks * _BLOCK, width))[:, :frames]


@keras.saving.register_keras_serializable("kmu")
class Grid(keras.layers.Layer):
    """Velocity on any grid -> velocity on the model grid, without jolts and drift, of unit power.

    Args:
        config: the grid.

    Call arguments:
        velocity: (B, T, Z, X) float32, mm/s.
        frame_rate: (B,) float32, Hz; equal within the batch.
        spacing: (B, 2) float32, mm; equal within the batch.

    Returns:
        (normalised, scale): (B, T', Z', X') float32 without unit, and (B,) float32 in mm/s, the
        root mean square that it was divided by.
    """

    def __init__(self, config: GridConfig, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.config = config

    def call(self, velocity: Tensor, frame_rate: Tensor, spacing: Tensor) -> tuple[Tensor, Tensor]:
        config = self.config
        batch, frames, depth, width = ops.shape(velocity)
        ratio = frame_rate[0] / config.frame_rate
        count = ops.maximum(ops.cast(ops.round(_float(frames) / ratio), "int32"), 1)
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        # Pixels that never move are outside the field of view: power is that of the others.
        seen = ops.mean(ops.cast(ops.max(ops.abs(flat), axis=1) > 0, "float32"), axis=1)
        # Bridged before drift is removed, which would spread a jolt over half a second.
        flat = bridge_jolts(resample_time(flat, ratio, count), (depth, width))
        level = ops.sqrt(ops.mean(ops.square(flat), axis=(1, 2)))
        images = ops.reshape(flat, (batch, count, depth, width))
        matrices = grid_matrices(config, (depth, width), spacing[0])
        images = resample_space(images, *matrices)
        height, breadth = ops.shape(matrices[0])[0], ops.shape(matrices[1])[0]
        return normalise(
            ops.reshape(images, (batch, count, height * breadth)),
            level,
            (height, breadth),
            config,
            ops.maximum(seen, 0.01),
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Grid":
        return cls(GridConfig.from_dict(values.pop("config")), **values)


def normalise(
    flat: Tensor,
    level: Tensor,
    shape: tuple[Tensor, Tensor],
    config: GridConfig,
    seen: Tensor | float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Removes drift and noise and divides by the root mean square: what training and serving share.

    Args:
        flat: (B, T, Z*X) float32 on the model grid, mm/s.
        level: (B,) root mean square before any filter, mm/s.
        shape: (Z, X).
        config: the drift filter, and whether noise is smoothed.
        seen: (B,) share of the pixels that are in the field of view.

    Returns:
        (B, T, Z, X) without unit and (B,) in mm/s.
    """
    batch, frames, _ = ops.shape(flat)
    flat = remove_drift(flat, config.drift_window)
    if config.quieting:
        flat = quieted(flat)
    power = ops.mean(ops.square(flat), axis=(1, 2)) / seen
    # A constant or silent recording leaves rounding errors only: they must not be blown up.
    scale = ops.sqrt(power + ops.square(1e-4 * level) + 1e-16)
    images = ops.reshape(flat / scale[:, None, None], (batch, frames, *shape))
    return images, scale
