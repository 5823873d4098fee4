"""A model in other runtimes answers as the SavedModel does, or says why it cannot."""

import math

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.runtimes import Comparison, compare, comparison_table, main, onnx_runner, to_onnx
from kmu.served_model import load_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small model with the signature of the identifier, without ops that are hard to convert."""
    import tensorflow as tf

    class Plain(tf.Module):
        def __init__(self):
            super().__init__()
            self.gain = tf.Variable([2.0, -1.0, 0.5])

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, None, None), tf.float32, "velocity"),
                tf.TensorSpec((None,), tf.float32, "frame_rate"),
                tf.TensorSpec((None, 2), tf.float32, "spacing"),
            ]
        )
        def identify(self, velocity, frame_rate, spacing):
            power = tf.reduce_mean(tf.square(velocity), axis=1)
            course = tf.reduce_mean(velocity, axis=(2, 3))
            gain = self.gain[None, :, None]
            score = tf.sigmoid(self.gain[None] * frame_rate[:, None] / 100.0)
            return {
                "territory": tf.sigmoid(gain[..., None] * power[:, None]),
                "twitch_train": gain * course[:, None] * spacing[:, :1, None],
                "firing_probability": tf.sigmoid(gain * course[:, None]),
                "score": score,
                "valid": score > 0.5,
            }

    module = Plain()
    folder = tmp_path_factory.mktemp("models") / "plain" / "1"
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.identify})
    return folder


def inputs(batch, frames, depth, width):
    rng = np.random.default_rng(batch)
    return {
        "velocity": rng.standard_normal((batch, frames, depth, width), np.float32),
        "frame_rate": np.full(batch, 100, np.float32),
        "spacing": np.full((batch, 2), 0.625, np.float32),
    }


@pytest.mark.slow
def test_onnx_answers_as_the_saved_model_for_any_shape(model, tmp_path):
    pytest.importorskip("tf2onnx", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    run = onnx_runner(to_onnx(model, tmp_path / "model.onnx"))
    loaded = load_model(model)
    for shape in ((1, 30, 16, 16), (3, 41, 8, 24)):
        given = inputs(*shape)
        expected, answer = loaded.call(**given), run(given)
        assert set(answer) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(answer[name], value.numpy(), atol=1e-5)


@pytest.mark.slow
def test_a_comparison_lists_every_runtime_and_says_what_fails(model, tmp_path, monkeypatch):
    def fails(folder, path):
        raise InputError("ONNX needs tf2onnx; run: pip install 'kmu[onnx]'")

    monkeypatch.setattr("kmu.runtimes.to_onnx", fails)
    found = {item.runtime: item for item in compare(model, tmp_path, inputs(1, 20, 8, 8), 1)}
    assert found["SavedModel (TensorFlow)"].difference == 0
    assert "pip install" in found["ONNX (ONNX Runtime)"].problem
    litert = found["LiteRT"]
    assert litert.problem or litert.difference < 1e-5
    assert litert.problem or litert.megabytes > 0


def test_the_table_has_a_row_a_runtime():
    table = comparison_table(
        [Comparison("A", 1.25, 12.3, 2e-6), Comparison("B", problem="no such op")]
    )
    assert table.splitlines()[2:] == [
        "| A | 1.2 | 12 | 2.0e-06 |",
        "| B | nan | - | no such op |",
    ]
    assert math.isnan(Comparison("B").megabytes)


def test_a_missing_model_is_exit_code_2(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "holds no SavedModel" in capsys.readouterr().err
