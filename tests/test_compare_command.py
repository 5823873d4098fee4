"""kmu compare prints the scores, writes them, and brings two grids together."""

import json

import pytest
from made_units import two_units

from kmu import MotorUnits
from kmu.cli import main
from kmu.identification.resample import resample_courses


def test_compare_prints_the_scores_and_writes_json(tmp_path, capsys):
    two_units().save(tmp_path / "truth.h5")
    assert (
        main(["compare", *[str(tmp_path / "truth.h5")] * 2, "--json", str(tmp_path / "s.json")])
        == 0
    )
    printed = capsys.readouterr().out
    for word in (
        "units matched (IoU >= 0.5)",
        "no lag taken off",
        "lag behind",
        "recall of firings",
    ):
        assert word in printed
    written = json.loads((tmp_path / "s.json").read_text())
    assert written["f1"] == written["firing_recall"] == 1.0
    assert written["lag_ms"] == pytest.approx(0.0, abs=1e-9)


def test_compare_refuses_another_recording(tmp_path, capsys):
    two_units().save(tmp_path / "truth.h5")
    arguments = ["compare", str(tmp_path / "found.h5"), str(tmp_path / "truth.h5")]
    for shape in ((200, 10, 15), (300, 10, 12)):
        MotorUnits.none(shape, 100.0, (0.5, 1.0)).save(tmp_path / "found.h5")
        assert main([*arguments, "--json", str(tmp_path / "s.json")]) == 2
        assert "same recording" in capsys.readouterr().err
        assert not (tmp_path / "s.json").exists()


def test_compare_brings_another_grid_and_rate_of_the_recording_to_the_finer_one(tmp_path, capsys):
    truth = two_units()
    truth.save(tmp_path / "truth.h5")
    finer = MotorUnits(
        truth.territory.repeat(2, axis=1).repeat(3, axis=2),
        resample_courses(truth.twitch_train, 0.5, 400),
        truth.firings,
        truth.score,
        200.0,
        (0.25, 1 / 3),
    )
    finer.save(tmp_path / "found.h5")
    for pair in (("found.h5", "truth.h5"), ("truth.h5", "found.h5")):
        files = [str(tmp_path / name) for name in pair]
        assert main(["compare", *files, "--json", str(tmp_path / "s.json")]) == 0
        assert "common grid: 20 x 36 pixels of 0.25 x 0.333" in capsys.readouterr().err
        written = json.loads((tmp_path / "s.json").read_text())
        assert written["f1"] == 1.0
        assert written["iou"] > 0.85
        assert written["centroid_distance_mm"] < 0.1
        assert written["twitch_train_correlation"] > 0.99
        assert written["lag_ms"] == pytest.approx(0.0, abs=1e-9)
