"""Training on several devices of one machine: every device takes its share of each batch.

Keras 3 trains on several devices of one host through ``tf.distribute.MirroredStrategy``. Across
hosts it has, today, no working way on the TensorFlow backend: ``MultiWorkerMirroredStrategy``
fails (https://github.com/keras-team/keras/issues/20585, open).
"""

from collections.abc import Sequence
from typing import Any

import keras

from kmu.errors import InputError


def data_parallel(batch_size: int, devices: Sequence[str] | None = None) -> Any:
    """The strategy under whose ``scope()`` networks are to be built.

    Args:
        batch_size: recordings a step, over all devices.
        devices: names such as ``GPU:0``; all GPUs if None.

    Returns:
        A ``tf.distribute.Strategy``: mirrored for two devices or more, else TensorFlow's default.

    Raises:
        InputError: if the batch cannot be divided equally among the devices.
    """
    import tensorflow as tf

    if devices is None:
        devices = [f"GPU:{k}" for k in range(len(tf.config.list_physical_devices("GPU")))]
    if len(devices) < 2:
        return tf.distribute.get_strategy()
    if batch_size % len(devices):
        raise InputError(
            f"batch_size is {batch_size}; with {len(devices)} devices it must be a multiple of "
            f"{len(devices)}"
        )
    return tf.distribute.MirroredStrategy(list(devices))


def shared_loss(loss: Any) -> Any:
    """A device's loss as its part of the batch's: the parts are added up over the devices."""
    if keras.backend.backend() != "tensorflow":
        return loss  # other backends see the whole batch at once
    import tensorflow as tf

    return loss / tf.distribute.get_strategy().num_replicas_in_sync
