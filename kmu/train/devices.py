"""What training runs on: the precision of a machine, and several devices at once.

Every device takes its share of each batch.

Keras 3 trains on several devices of one host through ``tf.distribute.MirroredStrategy``. Across
hosts it has, today, no working way on the TensorFlow backend: ``MultiWorkerMirroredStrategy``
fails (https://github.com/keras-team/keras/issues/20585, open).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
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


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Convolutions of networks made inside compute in ``precision``; their weights are float32.

    Args:
        precision: ``float32``, ``bfloat16``, or ``auto``: bfloat16 where it is quicker.
    """
    before = keras.config.dtype_policy()
    mixed = precision == "bfloat16" or (precision == "auto" and has_bfloat16())
    with ExitStack() as stack:
        if keras.backend.backend() == "jax":
            import jax

            # Else a GPU multiplies float32 matrices with 10 bits: too few for least squares.
            stack.enter_context(jax.default_matmul_precision("float32"))
        stack.callback(keras.config.set_dtype_policy, before)
        keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
        yield


def has_bfloat16() -> bool:
    """Whether the machine computes in bfloat16: a GPU, or a processor with such instructions.

    Others emulate it, which is slower than float32.
    """
    if has_gpu():
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def has_gpu() -> bool:
    """Whether the backend computes on a GPU."""
    if keras.backend.backend() == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def shared_loss(loss: Any) -> Any:
    """A device's loss as its part of the batch's: the parts are added up over the devices."""
    if keras.backend.backend() != "tensorflow":
        return loss  # other backends see the whole batch at once
    import tensorflow as tf

    return loss / tf.distribute.get_strategy().num_replicas_in_sync
