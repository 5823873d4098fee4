"""The signal regressor: a 1D network that cleans each twitch train and gives its firings."""

import functools
from typing import Any

import keras
from keras import layers, ops

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class SignalRegressor(keras.layers.Layer):
    """Dilated residual 1D convolutions over the courses of one unit.

    Args:
        filters: channels.
        dilations: dilation of each residual block, in frames.

    Call arguments:
        courses: (N, T, C) float32, one unit a row, each divided by the unit's own scale.
        plain: through Keras's layers alone, which gives the same more slowly.

    Returns:
        (train, firing, feature): (N, T) float32 in the scale of the input; (N, T) float32 logits
        of the firing probability (a bump with sigma 10 ms at each firing); (N, F) float32, the
        mean and maximum of the last features, from which a unit is judged.
    """

    def __init__(self, filters: int, dilations: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.filters, self.dilations = filters, tuple(dilations)
        self.entry = layers.Conv1D(filters, 9, padding="same", activation="relu")
        self.blocks = [
            (
                layers.Conv1D(filters, 5, padding="same", dilation_rate=rate, activation="relu"),
                layers.Conv1D(filters, 1, kernel_initializer="zeros"),
            )
            for rate in self.dilations
        ]
        self.exit = layers.Conv1D(2, 5, padding="same", dtype="float32")

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.entry.build(shape)
        inner = (None, None, self.filters)
        for wide, narrow in self.blocks:
            wide.build(inner)
            narrow.build(inner)
        self.exit.build(inner)
        self.built = True

    def call(self, courses: Tensor, plain: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        quick = not plain and keras.backend.backend() == "tensorflow" and _has_gradient()
        hidden = self.entry(courses)
        for wide, narrow in self.blocks:
            hidden = hidden + narrow(_dilated(wide, hidden) if quick else wide(hidden))
        hidden = ops.cast(hidden, "float32")
        out = self.exit(ops.relu(hidden))
        feature = ops.concatenate([ops.mean(hidden, axis=1), ops.max(hidden, axis=1)], axis=-1)
        # The unmixed train is the first course: the network learns what to change in it.
        return courses[..., 0] + out[..., 0], out[..., 1] - 2.0, feature

    def get_config(self) -> dict[str, Any]:
        values = {"filters": self.filters, "dilations": self.dilations}
        return {**super().get_config(), **values}


def _dilated(layer: Any, hidden: Tensor) -> Tensor:
    """What a Conv1D with ReLU gives, in a quarter less time.

    For a dilation, Keras has TensorFlow move frames into the batch and back, since not every
    processor has the gradient of a dilated convolution.
    """
    import tensorflow as tf

    hidden, kernel = (ops.cast(one, layer.compute_dtype) for one in (hidden, layer.kernel))
    rows = tf.nn.conv2d(
        hidden[:, None], kernel[None], 1, "SAME", dilations=(1, *layer.dilation_rate)
    )
    return ops.relu(ops.add(rows, ops.cast(layer.bias, layer.compute_dtype)))[:, 0]


@functools.cache
def _has_gradient() -> bool:
    """Whether TensorFlow has the gradient of a dilated convolution here: tried once."""
    import tensorflow as tf

    # The operations themselves: out of a graph that is being traced, no tape records anything.
    with tf.init_scope():
        image, kernel = tf.ones((1, 1, 8, 1)), tf.ones((1, 3, 1, 1))
        how = {"strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 1, 2, 1]}
        try:
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=image.shape, filter=kernel, out_backprop=image, **how
            )
            tf.raw_ops.Conv2DBackpropFilter(
                input=image, filter_sizes=kernel.shape, out_backprop=image, **how
            )
        except tf.errors.OpError:
            return False
    return True
