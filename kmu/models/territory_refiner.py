"""The territory refiner: a small 2D network that corrects each mask and weighs its pixels."""

from typing import Any

import keras
from keras import layers, ops

Tensor = Any
# Maps that the network sees of each unit, see ``kmu.models.regression``.
WINDOW_MAPS = 6


@keras.saving.register_keras_serializable("kmu")
class TerritoryRefiner(keras.layers.Layer):
    """Convolutions at full and half resolution over the window around one unit.

    Args:
        filters: channels at full resolution; twice as many at half.

    Call arguments:
        window: (N, S, S, 6) float32, one unit a row, S even, see :mod:`kmu.models.regression`.

    Returns:
        (change, feature): (N, 2, S, S) float32, to be added to the logits of the mask, and to
        the mask for the weights of unmixing; (N, 2 F) float32, the mean and maximum of the last
        features, from which a unit is judged.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.filters = filters
        self.entry = layers.Conv2D(filters, 3, padding="same", activation="relu")
        # Half resolution widens what is seen, for a quarter of the work.
        self.half = [
            layers.Conv2D(2 * filters, 3, padding="same", activation="relu") for _ in range(3)
        ]
        self.lateral = layers.Conv2D(filters, 1)
        self.last = layers.Conv2D(filters, 3, padding="same", activation="relu")
        self.exit = layers.Conv2D(2, 1, kernel_initializer="zeros", dtype="float32")

    def build(self, *_: Any) -> None:
        self.entry.build((None, None, None, WINDOW_MAPS))
        channels = self.filters
        for layer in self.half:
            layer.build((None, None, None, channels))
            channels = 2 * self.filters
        self.lateral.build((None, None, None, channels))
        for layer in (self.last, self.exit):
            layer.build((None, None, None, self.filters))
        self.built = True

    def call(self, window: Tensor) -> tuple[Tensor, Tensor]:
        whole = self.entry(window)
        # The stride is said because Keras on JAX fails without it.
        half = ops.max_pool(whole, 2, strides=2)
        for layer in self.half:
            half = layer(half)
        half = self.lateral(half)
        seen = self.last(ops.relu(whole + ops.repeat(ops.repeat(half, 2, axis=1), 2, axis=2)))
        seen = ops.cast(seen, "float32")
        feature = ops.concatenate([ops.mean(seen, axis=(1, 2)), ops.max(seen, axis=(1, 2))], -1)
        return ops.transpose(self.exit(seen), (0, 3, 1, 2)), feature

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}
