"""Training on two devices is training on one: the same loss for the same global batch."""

import json
import subprocess
import sys

import pytest

from kmu.errors import InputError
from kmu.train.devices import data_parallel

# In a process of its own: virtual devices must be made before TensorFlow starts.
SCRIPT = """
import json
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from kmu.config import NetworkConfig, SegmenterConfig, SlowFusionConfig
from kmu.models import Identifier
from kmu.train.devices import data_parallel
from kmu.train.objectives import SegmentationObjective

config = NetworkConfig(
    local_correlation=False,
    fusion=SlowFusionConfig(
        filters=(2,), temporal_kernel=(3,), temporal_stride=(4,), spatial_stride=(2,)
    ),
    segmenter=SegmenterConfig(widths=(4, 4), embedding=2),
)
rng = np.random.default_rng(0)
half = {
    "velocity": rng.standard_normal((2, 20, 16, 16)).astype("float32"),
    "territory": (rng.random((2, 3, 16, 16)) > 0.7).astype("float32"),
    "cell": rng.integers(0, 8, (2, 3, 2)).astype("int32"),
    "mask_cell": rng.integers(0, 8, (2, 3, 2)).astype("int32"),
    "slot": np.zeros((2, 3), "int32"),
    "present": np.array([[1, 1, 1], [1, 1, 0]], "float32"),
}
# Both devices get as many units, because losses are means over the units that a device sees.
batch = {name: np.concatenate([value, value[::-1]]) for name, value in half.items()}

def losses(*devices):
    keras.utils.set_random_seed(1)
    with data_parallel(4, devices).scope():
        identifier = Identifier(config)
        identifier.build()
        objective = SegmentationObjective(identifier)
        # Plain gradient descent shows a wrong scale, which adaptive methods would hide.
        objective.compile(optimizer=keras.optimizers.SGD(0.003), jit_compile=False)
        data = tf.data.Dataset.from_tensors(batch).repeat()
        return objective.fit(data, epochs=3, steps_per_epoch=1, verbose=0).history["loss"]

print(json.dumps([losses("CPU:0"), losses("CPU:0", "CPU:1")]))
"""


@pytest.mark.slow
def test_two_devices_give_the_loss_of_one():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True
    )
    one, two = json.loads(done.stdout.splitlines()[-1])
    assert one[-1] < one[0]
    assert two == pytest.approx(one, rel=1e-4)


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(InputError, match="multiple of 2"):
        data_parallel(3, ["CPU:0", "CPU:1"])
