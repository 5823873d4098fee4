"""Every later version reads the files that a release wrote (``tests/write_fixtures.py``)."""

import json
from pathlib import Path

import numpy as np
import pytest
from write_fixtures import EDITS, answer, told

from kmu.analysis.curation import apply_edits, load_original, read_edits
from kmu.config import TrainingConfig
from kmu.evaluation.entries import is_complete, scores_from_entry
from kmu.motor_units import MotorUnits
from kmu.reading import read
from kmu.reading.firings import read_firings
from kmu.recording import Recording
from kmu.writing import read_result

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("fixtures/*/expected.json"))


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def folder(request):
    return request.param


@pytest.fixture
def expected(folder):
    return json.loads((folder / "expected.json").read_text())


def same(units: MotorUnits, as_written: dict) -> None:
    now = told(units)
    for name in ("ids", "frames", "provenance", "spacing", "frame_rate"):
        assert now[name] == as_written[name], name
    for name in ("score", "mass", "peak"):
        np.testing.assert_allclose(now[name], as_written[name], rtol=1e-5, err_msg=name)
    assert len(now["firings"]) == len(as_written["firings"])
    for ours, theirs in zip(now["firings"], as_written["firings"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_fixtures_of_a_release_are_there_and_small():
    assert "0.2.0" in [folder.name for folder in FOLDERS]
    for folder in FOLDERS:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert size < 300_000, folder


def test_its_recordings_are_read(folder, expected):
    written = expected["recording"]
    for recording in (Recording.load(folder / "recording.h5"), read(folder / "recording.h5")):
        assert list(recording.velocity.shape) == written["shape"]
        assert recording.velocity.sum(dtype=np.float64) == pytest.approx(written["sum"])
        assert recording.frame_rate == written["frame_rate"]
        assert list(recording.spacing) == written["spacing"]
    assert Recording.load(folder / "recording.h5").meta == written["meta"]


@pytest.mark.parametrize("name", ["result.h5", "result.mat"])
def test_its_results_are_read_with_their_measures(folder, expected, name):
    units, measures = read_result(folder / name)
    same(units, expected["result"])
    for column, values in expected["measures"].items():
        np.testing.assert_allclose(np.nan_to_num(measures[column]), values, rtol=1e-5)


@pytest.mark.parametrize("name", ["result.firings.csv", "result.json", "result_events.tsv"])
def test_firings_of_its_exports_are_read(folder, expected, name):
    units = dict(zip(expected["result"]["ids"], expected["result"]["firings"], strict=True))
    # Tables keep the numbers of units, so that there are empty ones; openhdemg's has none.
    written = list(units.values()) if name == "result.json" else [units[4], units[7]]
    found = [times for times in read_firings(folder / name) if len(times)]
    for ours, theirs in zip(found, written, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_its_edit_lists_make_the_same_curated_result(folder, expected):
    edits = read_edits(folder / "edits.json")
    assert edits == EDITS
    original = load_original(folder / "curated.h5")
    same(original, expected["result"])
    same(MotorUnits.load(folder / "curated.h5"), expected["curated"])
    again = told(apply_edits(original, edits))
    assert again["ids"] == expected["curated"]["ids"]
    assert again["firings"] == expected["curated"]["firings"]


def test_its_benchmark_goes_on(folder):
    entry = json.loads((folder / "scores.json").read_text())
    assert is_complete(entry)
    assert scores_from_entry(entry).units_matched == 2


def test_its_training_runs_are_repeated_from_their_configuration(folder, expected):
    config = TrainingConfig.from_json(folder / "training.json").to_dict()

    def kept(now, then):
        if not isinstance(then, dict):
            return now == then
        return all(kept(now[name], value) for name, value in then.items())

    assert kept(json.loads(json.dumps(config)), expected["training"])


def test_its_networks_are_loaded_and_answer_as_then(folder, expected):
    from kmu.models.export import load_identifier

    now = answer(load_identifier(folder / "network"))
    for name in ("score", "largest"):
        np.testing.assert_allclose(now[name], expected["network"][name], atol=1e-3)
