"""The networks in other runtimes answer as TensorFlow does; what cannot be converted says why."""

import math

import keras
import numpy as np
import pytest

from kmu.config import NETWORK_PRESETS
from kmu.errors import exit_code
from kmu.models import Identifier
from kmu.runtimes import Comparison, compare, comparison_table
from kmu.runtimes.__main__ import main
from kmu.runtimes.convert import litert_runner, onnx_runner, to_litert, to_onnx
from kmu.runtimes.networks import Network, networks

SHAPE = (1, 40, 16, 24)
NETWORKS = ("maps", "signal_regressor", "refiner", "sieve", "judge")


@pytest.fixture(scope="module")
def parts():
    keras.utils.set_random_seed(3)
    identifier = Identifier(NETWORK_PRESETS["tiny"])
    identifier.build()
    # Layers that start at zero would make any answer right.
    rng = np.random.default_rng(0)
    for variable in identifier.variables:
        if not np.any(variable.numpy()):
            variable.assign(0.1 * rng.standard_normal(variable.shape))
    return {part.name: part for part in networks(identifier, SHAPE)}


def test_all_networks_are_there(parts):
    assert set(parts) == set(NETWORKS)


def agrees(part, run, given):
    """Whether a runtime gives what TensorFlow gives."""
    (takes,) = part.example
    expected, answer = part.function(given), run({takes: given})
    for output in part.outputs:
        wanted = expected[output].numpy()
        assert answer[output].shape == wanted.shape
        scale = max(1.0, np.abs(wanted).max())
        np.testing.assert_allclose(answer[output] / scale, wanted / scale, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_answers_as_tensorflow_does_for_any_number_of_units_and_frames(parts, name, tmp_path):
    pytest.importorskip("tf2onnx", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    part = parts[name]
    run = onnx_runner(to_onnx(part.function, tmp_path / "network"), part.outputs)
    (example,) = part.example.values()
    twice = np.concatenate([example, -example])
    longer = {"maps", "signal_regressor"}
    agrees(part, run, example)
    agrees(part, run, np.concatenate([twice, twice], axis=1) if name in longer else twice)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_litert_answers_as_tensorflow_does_for_any_number_of_units(parts, name, tmp_path):
    part = parts[name]
    run = litert_runner(to_litert(part.fixed, tmp_path / "network"), part.outputs)
    (example,) = part.example.values()
    agrees(part, run, example)
    agrees(part, run, np.concatenate([example, -example]))


def test_a_runtime_that_fails_says_why(tmp_path, monkeypatch):
    def fails(function, path):
        raise ValueError("trace\nerror: no such operator\nmore")

    def other_answers(path, outputs):
        return lambda inputs: {"y": inputs["x"] + 1}

    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, "x")])
    def same(x):
        return {"y": tf.identity(x)}

    monkeypatch.setattr("kmu.runtimes.comparison.to_onnx", fails)
    monkeypatch.setattr("kmu.runtimes.comparison.litert_runner", other_answers)
    part = Network("same", same, same, ["y"], {"x": np.ones(3, np.float32)})
    first, onnx, litert = compare(part, tmp_path, 1)
    assert (first.runtime, first.difference, first.problem) == ("TensorFlow", 0, "")
    assert onnx.problem == "error: no such operator"
    assert (litert.difference, litert.problem) == (1, "its answers differ")
    assert litert.megabytes > 0


def test_the_table_has_a_row_a_network_and_runtime():
    table = comparison_table(
        [Comparison("a", "A", 1.25, 12.3, 2e-6), Comparison("a", "B", problem="no such op")]
    )
    assert table.splitlines()[2:] == [
        "| a | A | 1.25 | 12.3 | 2e-06 |",
        "| a | B | - | - | no such op |",
    ]
    assert math.isnan(Comparison("a", "B").megabytes)


def test_a_missing_model_is_exit_code_2(tmp_path, capsys):
    assert exit_code(lambda: main([str(tmp_path)])) == 2
    assert "holds no SavedModel" in capsys.readouterr().err
