"""Identifying with a stand-in model: recordings in, units out, errors in one sentence."""

import dataclasses
import json

import numpy as np
import pytest
from made_recordings import twitching
from stand_in_model import SLOTS

import kmu
from kmu.analysis.pipeline import analyse_source
from kmu.errors import InputError
from kmu.identification.finding import find_model
from kmu.identification.pipeline import identify
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.recording import Recording

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


def test_units_are_found_on_the_recordings_own_grid(served):
    recording, _ = twitching(CENTRES)
    units = kmu.identify(recording, served)
    assert len(units) == 2
    assert units.territory.shape == (2, 24, 40)
    assert units.twitch_train.shape == (2, 250)
    assert units.frame_rate == 250
    assert all(len(times) > 3 for times in units.firings)
    peaks = {np.unravel_index(place.argmax(), place.shape) for place in units.territory}
    wanted = [(z - 0.5, x / 0.5 - 0.5) for z, x in CENTRES]
    for z, x in wanted:
        assert min(np.hypot(a - z, b - x) for a, b in peaks) < 3


def test_one_unit_is_found_alone(served):
    assert len(identify(twitching(CENTRES[:1])[0], served)) == 1


def test_silence_has_no_units(served):
    units = identify(Recording(np.zeros((100, 20, 30)), 100, (1, 1)), served)
    assert len(units) == 0
    assert units.territory.shape == (0, 20, 30)


def test_a_constant_recording_is_refused(served):
    with pytest.raises(InputError, match="constant"):
        identify(Recording(np.ones((100, 20, 30)), 100, (1, 1)), served)


def test_thresholds_come_with_the_model_and_can_be_overruled(served):
    recording, _ = twitching(CENTRES)
    assert served.thresholds == {"score": 0.3, "firing": 0.5}
    assert len(identify(recording, served, score_threshold=0.999)) == 1
    few = identify(recording, served, firing_threshold=0.95).firings
    many = identify(recording, served, firing_threshold=0.2).firings
    assert sum(map(len, few)) < sum(map(len, many))


def test_a_threshold_of_zero_keeps_units_and_no_empty_slots(served):
    units = identify(twitching(CENTRES)[0], served, score_threshold=0)
    assert 2 <= len(units) < SLOTS
    assert units.territory.any((1, 2)).all()
    assert (units.score > 0).all()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["score_threshold", "firing_threshold"])
def test_a_threshold_outside_0_to_1_is_refused(served, name, wrong):
    with pytest.raises(InputError, match=f"{name} .* must lie in 0 to 1"):
        identify(twitching(CENTRES)[0], served, **{name: wrong})


def test_a_recording_is_brought_to_the_rate_that_the_model_names(tmp_path, model):
    import shutil

    copy = tmp_path / "1"
    shutil.copytree(model, copy)
    config = json.loads((copy / "config.json").read_text())
    config["network"] = {"grid": {"frame_rate": 50.0}}
    (copy / "config.json").write_text(json.dumps(config))
    slow = load_model(copy)
    assert (slow.frame_rate, load_model(model).frame_rate) == (50.0, 100.0)
    rates = []

    def call(**inputs):
        rates.append(float(inputs["frame_rate"][0]))
        return slow.call(**inputs)

    asked = dataclasses.replace(slow, call=call)
    source = RecordingFrames(twitching(CENTRES)[0])
    identify(source, asked)
    analyse_source(source, asked)
    assert rates == [50.0, 50.0]
    (copy / "config.json").write_text('{"network": {"grid": {"frame_rate": "fast"}}}')
    with pytest.raises(InputError, match="frame rate"):
        load_model(copy)


def test_the_newest_version_of_a_model_is_taken(tmp_path, model):
    for version in ("2", "10", "x"):
        (tmp_path / "m" / version).mkdir(parents=True)
        (tmp_path / "m" / version / "saved_model.pb").write_bytes(b"")
    assert find_model(tmp_path / "m").name == "10"
    assert find_model(model) == model


def test_what_is_no_model_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"broken")
    for wrong in (tmp_path / "1", tmp_path / "1" / "saved_model.pb", "no-such-model"):
        with pytest.raises(InputError):
            load_model(wrong)


def test_a_model_without_thresholds_is_used_with_default_ones(tmp_path, model):
    import shutil

    copy = tmp_path / "1"
    shutil.copytree(model, copy)
    (copy / "config.json").unlink()
    assert load_model(copy).thresholds == {"score": 0.5, "firing": 0.5}
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match="JSON"):
        load_model(copy)
    (copy / "config.json").write_text(json.dumps({"thresholds": {"score": 0.7}}))
    assert load_model(copy).thresholds == {"score": 0.7, "firing": 0.5}


def test_the_function_stays_callable_after_its_module_was_imported(served):
    import importlib

    module = importlib.import_module("kmu.identification.pipeline")
    assert module.identify is identify
    silence = Recording(np.zeros((100, 20, 30)), 100, (1, 1))
    assert len(kmu.identify(silence, served)) == 0


@pytest.mark.parametrize("form", ["mat-v5", "mat-v7.3", "npz", "h5"])
def test_the_same_recording_gives_the_same_units_in_every_format_and_axis_order(
    tmp_path, served, form
):
    from test_read import ORDERS, RECORDING, write

    from kmu.reading import open_recording

    expected = identify(RECORDING, served)
    for axes in ORDERS:
        units = identify(open_recording(write(tmp_path, form, axes), axes=axes), served)
        assert len(units) == len(expected) == 2
        np.testing.assert_allclose(units.territory, expected.territory, atol=1e-5)
        np.testing.assert_allclose(units.twitch_train, expected.twitch_train, atol=1e-5)
        np.testing.assert_allclose(units.score, expected.score, atol=1e-5)
        for ours, theirs in zip(units.firings, expected.firings, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("places", "says"), [(2, True), (3, False)])
def test_where_all_places_for_units_are_taken_it_is_said(tmp_path, places, says):
    class Small(ServedModel):
        def __call__(self, velocity, frame_rate, spacing):
            frames, depth, width = velocity.shape
            territory = np.zeros((places, depth, width), np.float32)
            territory[0, 2:8, 2:8] = territory[1, 12:18, 12:18] = 1
            train = np.zeros((places, frames), np.float32)
            return {"territory": territory, "twitch_train": train, "firing_probability": train,
                    "score": np.array([0.9, 0.8, 0.0], np.float32)[:places]}  # fmt: skip

    recording = Recording(np.random.default_rng(0).normal(size=(200, 20, 20)), 100.0, (1.0, 1.0))
    units = identify(recording, Small(tmp_path, {"score": 0.5, "firing": 0.4}, lambda **_: {}))
    assert len(units) == 2
    said = [w for w in units.provenance.get("warnings", []) if "there may be more units" in w]
    assert said == (
        ["in 1 of 1 blocks all 2 places for units are taken: there may be more units; look at a "
         "smaller field of view"]
        if says else []
    )  # fmt: skip
