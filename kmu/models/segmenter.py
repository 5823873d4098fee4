"""The segmentation network: for every unit a centre, a score and a mask, overlaps allowed."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kmu.config import SegmenterConfig
from kmu.models.convolved import convolved

Tensor = Any
# Mask coordinates are measured in units of this many pixels (5 mm on the model grid), about a
# territory's radius, so that the quadratic part of a mask has weights near one.
_REACH = 8.0
_QUADRATIC = 6


def _convolution(filters: int) -> list[Any]:
    return [layers.Conv2D(filters, 3, padding="same", use_bias=False), layers.BatchNormalization()]


@keras.saving.register_keras_serializable("kmu")
class Segmenter(keras.layers.Layer):
    """A 2D U-Net with a head for centres and one for masks.

    For every cell and slot it gives the logit that a unit has its centre there, and the weights
    of that unit's mask: a linear form in the embedding of each pixel plus a quadratic form in
    the pixel's offset from the centre (conditional convolutions, Tian et al., ECCV 2020). Slots
    let units whose centres coincide stand beside each other.

    Args:
        config: widths, slots, number of candidates.

    Call arguments:
        fine: (B, Z, X, C) float32 maps at full resolution, or None.
        coarse: (B, Z/2, X/2, C') float32 maps at half resolution, or None.
        training: whether batch statistics are used.

    Returns:
        A dictionary: ``centre`` (B, Z, X, S) logits; ``kernel`` (B, Z*X*S, E + 6) mask weights;
        ``embedding`` (B, Z, X, E).
    """

    def __init__(self, config: SegmenterConfig, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.config = config
        widths = config.widths
        self.entry = [layers.Conv2D(widths[0], 1, use_bias=False), layers.BatchNormalization()]
        self.down = [_convolution(width) + _convolution(width) for width in widths]
        self.up = [_convolution(width) + _convolution(width) for width in widths[-2::-1]]
        self.lateral = [layers.Conv2D(width, 1) for width in widths[-2::-1]]
        # A rare centre: 1 in 100 cells and slots at first (focal loss, Lin et al. 2017).
        self.centre = layers.Conv2D(
            config.slots, 1, bias_initializer=keras.initializers.Constant(-4.6), dtype="float32"
        )
        self.kernel = layers.Conv2D(
            config.slots * (config.embedding + _QUADRATIC), 1, dtype="float32"
        )
        self.embedding = layers.Conv2D(config.embedding, 3, padding="same", dtype="float32")

    def build(
        self, fine: tuple[int | None, ...] | None, coarse: tuple[int | None, ...] | None
    ) -> None:
        widths = self.config.widths
        channels = 0
        if fine is not None:
            _build(self.entry, fine[-1])
            channels = widths[0]
        for level, (stack, width) in enumerate(zip(self.down, widths, strict=True)):
            if level == 1 and coarse is not None:
                channels += coarse[-1] or 0
            if channels:
                _build(stack, channels)
                channels = width
        for stack, lateral, above, width in zip(
            self.up, self.lateral, widths[:0:-1], widths[-2::-1], strict=True
        ):
            lateral.build((None, None, None, above))
            first = width == widths[0] and stack is self.up[-1]
            _build(stack, width if first and fine is None else 2 * width)
        for head in (self.centre, self.kernel, self.embedding):
            head.build((None, None, None, widths[0]))
        self.built = True

    def call(
        self, fine: Tensor | None, coarse: Tensor | None, training: bool = False
    ) -> dict[str, Tensor]:
        levels: list[Tensor | None] = []
        maps = None
        if fine is not None:
            maps = convolved(self.entry, fine, training)
        for level, stack in enumerate(self.down):
            if level and maps is not None:
                # The stride is said because Keras on JAX fails without it.
                maps = ops.max_pool(maps, 2, strides=2, padding="same")
            if level == 1 and coarse is not None:
                maps = coarse if maps is None else ops.concatenate([maps, coarse], axis=-1)
            if maps is not None:
                maps = convolved(stack, maps, training)
            levels.append(maps)
        for stack, lateral, skip in zip(self.up, self.lateral, levels[-2::-1], strict=True):
            maps = ops.repeat(ops.repeat(lateral(maps), 2, axis=1), 2, axis=2)
            if skip is not None:
                maps = ops.concatenate([maps, skip], axis=-1)
            maps = convolved(stack, maps, training)
        batch, maps = ops.shape(maps)[0], ops.cast(maps, "float32")
        return {
            "centre": self.centre(maps),
            "kernel": ops.reshape(
                self.kernel(maps), (batch, -1, self.config.embedding + _QUADRATIC)
            ),
            "embedding": self.embedding(maps),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Segmenter":
        return cls(SegmenterConfig.from_dict(values.pop("config")), **values)


def _build(stack: list[Any], channels: int | None) -> None:
    for layer in stack:
        layer.build((None, None, None, channels))
        channels = getattr(layer, "filters", channels)


def mask_logits(maps: dict[str, Tensor], cell: Tensor, slots: int) -> Tensor:
    """Masks of the units centred at given cells.

    Args:
        maps: what :class:`Segmenter` returns.
        cell: (B, K) int32, index into the flattened (Z, X, S).
        slots: S.

    Returns:
        (B, K, Z, X) float32 logits.
    """
    embedding = maps["embedding"]
    batch, depth, width, channels = ops.shape(embedding)
    kernel = ops.take_along_axis(maps["kernel"], cell[:, :, None], axis=1)
    flat = ops.reshape(embedding, (batch, depth * width, channels))
    linear = ops.matmul(kernel[..., :channels], ops.transpose(flat, (0, 2, 1)))
    pixel = cell // slots
    down = _offset(ops.arange(depth), pixel // width)
    across = _offset(ops.arange(width), pixel % width)
    # Starts as a disc of 4 mm radius and is learned from there.
    start = ops.convert_to_tensor(np.array([2.5, 0, 0, -4, -4, 0], np.float32))
    form = kernel[..., channels:] + start
    along_depth = form[..., 0:1] + form[..., 1:2] * down + form[..., 3:4] * down**2
    along_width = form[..., 2:3] * across + form[..., 4:5] * across**2
    cross = form[..., 5:6, None] * down[..., :, None] * across[..., None, :]
    quadratic = along_depth[..., :, None] + along_width[..., None, :] + cross
    return ops.reshape(linear, (batch, -1, depth, width)) + quadratic


def _offset(pixels: Tensor, centre: Tensor) -> Tensor:
    distance = ops.cast(pixels, "float32") - ops.cast(centre, "float32")[..., None]
    return distance / _REACH


def best_cells(centre: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The highest local maxima of the centre maps.

    Args:
        centre: (B, Z, X, S) logits.
        count: number of candidates K.

    Returns:
        (cell, score): (B, K) int32 indices into the flattened (Z, X, S), and (B, K) float32
        probabilities, highest first; 0 where there are fewer maxima than K.
    """
    batch = ops.shape(centre)[0]
    peak = centre >= ops.max_pool(centre, 3, strides=1, padding="same")
    score = ops.where(peak, ops.sigmoid(centre), 0.0)
    flat = ops.reshape(score, (batch, -1))
    # Images with fewer cells than candidates are filled up with impossible ones.
    flat = ops.pad(flat, ((0, 0), (0, count)))
    best, cell = ops.top_k(flat, count)
    cells = ops.shape(flat)[1] - count
    return ops.minimum(ops.cast(cell, "int32"), cells - 1), best
