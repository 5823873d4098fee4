"""Plain graphs: what cannot be run in this way is left to TensorFlow."""

import gzip
import shutil

import numpy as np
import pytest

from kmu.identification import plain_runtime, served_model
from kmu.identification.finding import find_model
from kmu.identification.plain_runtime import plain_call
from kmu.identification.served_model import OUTPUTS, SIGNATURE, load_model


@pytest.fixture
def copy(tmp_path):
    """The shipped model without the files that only describe it."""
    for part in ("plain", "variables"):
        shutil.copytree(find_model("paper") / part, tmp_path / "1" / part)
    shutil.copy(find_model("paper") / "saved_model.pb", tmp_path / "1")
    return tmp_path / "1"


def velocity(frames=60, size=24):
    return np.random.default_rng(0).standard_normal((frames, size, size)).astype(np.float32)


@pytest.fixture
def used(monkeypatch):
    """What is loaded with Python's TensorFlow from now on, with nothing loaded before."""
    used = []
    real = served_model._with_tensorflow
    monkeypatch.setattr(served_model, "_with_tensorflow", lambda *a: used.append(a) or real(*a))
    monkeypatch.setattr(served_model, "_kept", type(served_model._kept)())
    return used


def test_a_recording_gets_the_same_bits_from_the_command_line_and_in_python(used):
    command, python = load_model("paper", one_recording=True), load_model("paper")
    expected = command(velocity(), 100.0, (0.625, 0.625))
    answer = python(velocity(), 100.0, (0.625, 0.625))
    assert {*answer} == {*OUTPUTS}
    for name, values in answer.items():
        np.testing.assert_array_equal(values, expected[name])
    territory = answer["territory"][:2]
    for values in python.signals_of(velocity(), 100.0, (0.625, 0.625), territory):
        assert values.shape == (2, 60)
    assert not used


def test_batches_are_run_by_pythons_tensorflow(used):
    load_model("paper", in_batches=True)
    assert len(used) == 1


def test_a_model_that_is_given_up_takes_its_session_with_it(copy, monkeypatch):
    ended = []
    real = plain_runtime._end
    monkeypatch.setattr(plain_runtime, "_end", lambda *parts: ended.append(parts) or real(*parts))
    call = plain_call(copy, SIGNATURE, OUTPUTS)
    assert not ended
    del call
    assert len(ended) == 1


def test_a_model_without_plain_graphs_or_with_a_damaged_one_is_left_to_tensorflow(copy):
    assert plain_call(copy, SIGNATURE, OUTPUTS) is not None
    path = copy / "plain" / f"{SIGNATURE}.pb.gz"
    path.write_bytes(gzip.compress(b"no graph"))
    assert plain_call(copy, SIGNATURE, OUTPUTS) is None
    path.write_bytes(b"not packed")
    assert plain_call(copy, SIGNATURE, OUTPUTS) is None
    path.unlink()
    assert plain_call(copy, SIGNATURE, OUTPUTS) is None


def test_an_output_that_the_graph_lacks_is_left_to_tensorflow(copy):
    assert plain_call(copy, SIGNATURE, ("depth",)) is None


def test_a_library_of_another_kind_is_left_to_tensorflow(copy, monkeypatch):
    plain_runtime._library.cache_clear()
    monkeypatch.setattr(plain_runtime, "_LIBRARIES", (("tensorflow.dll", "tensorflow_cc.dll"),))
    assert plain_call(copy, SIGNATURE, OUTPUTS) is None
    plain_runtime._library.cache_clear()


def test_what_the_graph_refuses_is_an_error_and_the_next_recording_is_answered(copy):
    call = plain_call(copy, SIGNATURE, OUTPUTS)
    with pytest.raises(RuntimeError):
        call(velocity=velocity(), frame_rate=[100.0], spacing=[[0.625, 0.625]])
    again = call(velocity=velocity()[None], frame_rate=[100.0], spacing=[[0.625, 0.625]])
    assert np.isfinite(again["twitch_train"]).all()
