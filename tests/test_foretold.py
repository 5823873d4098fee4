"""Whether scores keep their word, from rows whose right answer can be counted."""

import pytest

from kmu.identification.served_model import load_model
from kmu.studies.foretold import conclusions, measured


def row(family, f1, foretold, distance, score=(), true=()):
    given = {"f1": f1, "foretold": foretold, "distance": distance}
    given["mean_score"] = f1**2 if family != "b" else 0.95
    return {"family": family, "score": list(score), "true": list(true), **given}


ROWS = [
    row("a", 0.9, 0.9, 1.0, (0.95, 0.95), (True, True)),
    row("a", 0.7, 0.8, 3.0, (0.85, 0.85), (True, False)),
    row("b", 0.6, 0.6, 2.0, (0.65,), (False,)),
    row("c", 0.5, 0.7, 9.0),
]


def test_calibration_is_counted_over_the_units_of_all_recordings():
    # Two units 0.05 too low, two 0.35 too high, one 0.65 too high.
    error = (2 * 0.05 + 2 * 0.35 + 0.65) / 5
    told = conclusions(ROWS)
    assert told["units"] == 5
    assert told["expected_calibration_error"] == pytest.approx(error)


def test_recordings_and_families_are_ordered_each_by_their_own_means():
    told = conclusions(ROWS)
    assert told["families"]["a"] == pytest.approx(
        {"f1": 0.8, "foretold": 0.85, "mean_score": 0.65, "distance": 2.0}
    )
    # Ranks of f1 4 3 2 1, of what was foretold 4 3 1 2, of the distance 1 3 2 4.
    assert told["by_recording"]["foretold"] == pytest.approx(0.8)
    assert told["by_recording"]["distance"] == pytest.approx(-0.8)
    # Of the mean score 3 2 4 1.
    assert told["by_recording"]["mean_score"] == pytest.approx(0.4)
    assert told["by_recording"]["mean_difference"] == pytest.approx(0.3 / 4)
    # Ranks of f1 3 2 1, of what was foretold 3 1 2.
    assert told["by_family"]["foretold"] == pytest.approx(0.5)
    assert told["by_family"]["mean_absolute_difference"] == pytest.approx((0.05 + 0.2) / 3)


def test_a_recording_is_held_against_its_own_truth():
    told = measured(("plain", 0), load_model())
    assert told["units_true"] >= 8
    assert told["f1"] == pytest.approx(
        2 * sum(told["true"]) / (len(told["score"]) + told["units_true"])
    )
    assert told["f1"] > 0.8
    assert 0.5 < told["foretold"] < 1
