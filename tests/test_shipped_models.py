"""Every model that ships is whole, small, and answers as it did where it was made."""

import json
import shutil

import numpy as np
import pytest
from record_golden import RECORD, digest, name_of, versions

FOLDERS = versions()
LARGEST_MIB = 20
_WARM_UP = "assets.extra/tf_serving_warmup_requests"
# Processors differ in the last bits of each sum; a wrong operation or weight is far above this.
TOLERANCE = 1e-3


@pytest.fixture(params=FOLDERS, ids=lambda path: name_of(path).replace("/", "-"))
def folder(request):
    return request.param


def golden(folder):
    with np.load(folder / "golden.npz") as file:
        return dict(file)


def given(saved):
    return {
        "velocity": saved["velocity"][None].astype(np.float32),
        "frame_rate": saved["frame_rate"][None],
        "spacing": saved["spacing"][None],
    }


def served(folder, saved):
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    inputs = {name: tf.constant(value) for name, value in given(saved).items()}
    found = loaded.signatures["serving_default"](**inputs)
    return {name: values.numpy()[0] for name, values in found.items()}


def assert_close(actual, expected, name):
    scale = max(float(np.abs(expected).max(initial=0)), 1e-6)
    np.testing.assert_allclose(actual / scale, expected / scale, atol=TOLERANCE, err_msg=name)


def test_models_ship_with_the_golden_answers_of_their_release():
    """A golden file that an export wrote again is another one, even if the model agrees with it."""
    shipped = {name_of(folder): digest(folder / "golden.npz") for folder in FOLDERS}
    assert {name.split("/")[0] for name in shipped} == {"kmu", "paper"}
    assert shipped == json.loads(RECORD.read_text()), (
        "is this a new version of a model? then python tests/record_golden.py; if not, the model "
        "or its export answers otherwise than the one that was released"
    )


def test_a_golden_file_that_was_written_again_is_noticed(folder, tmp_path):
    again = shutil.copy(folder / "golden.npz", tmp_path / "golden.npz")
    assert digest(again) == digest(folder / "golden.npz")
    saved = golden(folder)
    saved["score"] = np.nextafter(saved["score"], np.float32(1))
    np.savez(again, **saved)
    assert digest(again) != digest(folder / "golden.npz")


def test_a_model_has_all_its_files_and_is_small(folder):
    for name in ("saved_model.pb", "model.keras", "config.json", "card.md", "golden.npz", _WARM_UP):
        assert (folder / name).is_file(), name
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size <= LARGEST_MIB * 2**20
    assert (folder / "golden.npz").stat().st_size < 300_000
    described = json.loads((folder / "config.json").read_text())
    assert all(0 < described["thresholds"][name] < 1 for name in ("score", "firing"))
    assert "Limits" in (folder / "card.md").read_text()


def test_its_golden_recording_has_units_to_be_found(folder):
    saved = golden(folder)
    assert saved["valid"].sum() >= 2
    assert saved["twitch_train"].shape == (saved["valid"].sum(), len(saved["velocity"]))
    assert saved["twitch_train"].std() > 0
    assert saved["firing_probability"].max() > 0.3


def test_nothing_in_its_graph_is_compiled_anew_for_every_size_of_recording(folder):
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    functions = [f for graph in saved.meta_graphs for f in graph.graph_def.library.function]
    assert functions
    assert not [f.signature.name for f in functions if f.attr["_XlaMustCompile"].b]


def test_plain_tensorflow_gives_the_golden_answer(folder):
    saved = golden(folder)
    found = served(folder, saved)
    assert_close(found["score"], saved["score"], "score")
    np.testing.assert_array_equal(found["valid"], saved["valid"])
    valid = saved["valid"]
    for name in ("twitch_train", "firing_probability"):
        assert_close(found[name][valid], saved[name], name)
    coarse = saved["territory"].shape[1:]
    blocks = found["territory"][valid].reshape(valid.sum(), coarse[0], 4, coarse[1], 4)
    assert_close(blocks.mean((2, 4)), saved["territory"], "territory")


def test_the_keras_file_answers_as_the_saved_model_does(folder):
    from kmu.models.export import load_identifier

    saved = golden(folder)
    found = served(folder, saved)
    direct = {name: np.asarray(v)[0] for name, v in load_identifier(folder)(given(saved)).items()}
    assert set(direct) == set(found)
    np.testing.assert_array_equal(direct["valid"], found["valid"])
    valid = found["valid"]
    assert_close(direct["score"], found["score"], "score")
    for name in ("twitch_train", "firing_probability", "territory"):
        assert_close(direct[name][valid], found[name][valid], name)


def test_its_plain_graphs_answer_as_the_saved_model_does(folder):
    import tensorflow as tf

    from kmu.identification.plain_runtime import plain_call
    from kmu.identification.served_model import OUTPUTS, SIGNALS, SIGNALS_SIGNATURE, load_model

    saved = golden(folder)
    # Optimised, a SavedModel rounds otherwise; as it was written, it does not.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        found = served(folder, saved)
        known = given(saved) | {"territory": found["territory"][None, found["valid"]]}
        expected = load_model(folder, in_batches=True).call_signals(**known)
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    plain = plain_call(folder, "serving_default", OUTPUTS)
    assert plain is not None
    answer = {name: values[0] for name, values in plain(**given(saved)).items()}
    np.testing.assert_array_equal(answer["valid"], found["valid"])
    for name in set(OUTPUTS) - {"valid"}:
        assert answer[name].shape == found[name].shape
        np.testing.assert_allclose(answer[name], found[name], atol=1e-6, err_msg=name)
    signals = plain_call(folder, SIGNALS_SIGNATURE, SIGNALS)
    for name, values in signals(**known).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-6, err_msg=name)
