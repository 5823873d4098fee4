"""Slow fusion: 3D convolutions that turn an image sequence into 2D maps."""

from typing import Any

import keras
from keras import layers, ops

from kmu.config import SlowFusionConfig
from kmu.models.convolved import convolved

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class SlowFusion(keras.layers.Layer):
    """Widens the temporal extent and lowers the temporal resolution layer by layer.

    What is left of time after the last layer is fused by mean, maximum and standard deviation,
    so the number of frames is free.

    Args:
        config: layers of the stack.

    Call arguments:
        velocity: (B, T, Z, X) float32 on the model grid.
        training: whether batch statistics are used.

    Returns:
        (B, Z / s, X / s, 3 F) float32, s the product of the spatial strides.

    Reference:
        Karpathy et al., Large-scale video classification with convolutional neural networks,
        CVPR 2014; Ali et al., IEEE Access 8:170595, 2020.
    """

    def __init__(self, config: SlowFusionConfig, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.config = config
        self.stack: list[Any] = []
        for filters, kernel, stride, spatial in zip(
            config.filters,
            config.temporal_kernel,
            config.temporal_stride,
            config.spatial_stride,
            strict=True,
        ):
            self.stack.append(
                layers.Conv3D(
                    filters,
                    (kernel, 3, 3),
                    strides=(stride, spatial, spatial),
                    padding="same",
                    use_bias=False,
                )
            )
            self.stack.append(layers.BatchNormalization())

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = 1
        for layer in self.stack:
            layer.build((None, None, None, None, channels))
            channels = getattr(layer, "filters", channels)
        self.built = True

    def call(self, velocity: Tensor, training: bool = False) -> Tensor:
        maps = ops.cast(convolved(self.stack, velocity[..., None], training), "float32")
        mean = ops.mean(maps, axis=1)
        # The gradient of a square root is infinite at 0.
        deviation = ops.sqrt(ops.mean(ops.square(maps - mean[:, None]), axis=1) + 1e-4)
        return ops.concatenate([mean, ops.max(maps, axis=1), deviation], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "SlowFusion":
        return cls(SlowFusionConfig.from_dict(values.pop("config")), **values)
