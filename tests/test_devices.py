"""What training runs on: two devices give the loss of one, bfloat16 the weights of float32."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kmu.config import NETWORK_PRESETS
from kmu.errors import InputError
from kmu.train.devices import computing_in, data_parallel

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


def test_in_bfloat16_convolutions_are_rounded_and_everything_around_them_is_not():
    import keras

    from kmu.models import Identifier

    whole = Identifier(NETWORK_PRESETS["tiny"])
    whole.build()
    with computing_in("bfloat16"):
        rounded = whole.with_signal()
    assert keras.config.dtype_policy().name == "float32"
    assert {weight.dtype for weight in rounded.weights} == {"float32"}
    velocity = np.random.default_rng(0).normal(size=(1, 60, 32, 32)).astype(np.float32)
    maps = [model.maps(velocity) for model in (whole, rounded)]
    for name, exact in maps[0].items():
        other = np.asarray(maps[1][name])
        assert other.dtype == np.float32
        assert 0 < np.abs(other - np.asarray(exact)).max() < 0.1 * np.abs(exact).max()
    units = [model.units(velocity, maps[0], 8) for model in (whole, rounded)]
    np.testing.assert_array_equal(units[0]["present"], units[1]["present"])
    assert {value.dtype for name, value in units[1].items() if name.endswith("logits")
            and name != "territory_logits"} == {units[0]["train"].dtype}  # fmt: skip


def test_the_precision_of_a_machine_is_chosen_where_nothing_is_said():
    import keras

    from kmu.train.devices import has_bfloat16

    with computing_in("auto"):
        chosen = keras.config.dtype_policy().name
    assert chosen == ("mixed_bfloat16" if has_bfloat16() else "float32")
    with computing_in("float32"):
        assert keras.config.dtype_policy().name == "float32"
