"""What foretells the recall is fitted to what is known of simulated recordings."""

import numpy as np
import pytest

from kmu.studies.recall import worlds
from kmu.studies.recall_fit import conclusions
from kmu.trust.estimate import Chance


def made_rows(count: int) -> list[dict]:
    """Recordings whose units are found by a known chance, and scored by it, more or less."""
    rng = np.random.default_rng(0)
    chance = Chance(0.5, (2.0, 0.0), (-0.5, 4.0), (1.0, 0.5))
    rows = []
    for k in range(count):
        middle = rng.uniform(-1.5, 0.5)
        there = np.stack([rng.normal(middle, 0.5, 20), rng.normal(4, 0.5, 20)], axis=1)
        seen = rng.uniform(size=20) < chance(there)
        seen[0] = True
        added = np.stack([rng.uniform(-2.5, 0.5, 60), rng.normal(4, 0.5, 60)], axis=1)
        found = rng.uniform(size=60) < chance(added)
        rows.append({
            "name": "made", "seed": k, "true": 20, "found": int(seen.sum()),
            "matched": int(seen.sum()),
            "mean_score": float(np.clip(seen.mean() + rng.normal(0, 0.1), 0.3, 0.98)),
            "own": there[seen].tolist(),
            "added": {"found": found.astype(float).tolist(), "share": added[:, 0].tolist(),
                      "area": added[:, 1].tolist()},
        })  # fmt: skip
    return rows


def test_recall_is_foretold_for_recordings_that_were_left_out_of_the_fit():
    told = conclusions(made_rows(40))
    # The chance of an added unit is the one it was drawn with: slope 2 for a share of one octave.
    slope = told["chance"]["slopes"][0] / told["chance"]["spread"][0]
    assert slope == pytest.approx(2, rel=0.15)
    assert abs(told["chance"]["slopes"][1]) < 0.2
    left = told["left_out"]
    assert left["recall"]["correlation"] > 0.85
    assert abs(left["recall"]["mean_difference"]) < 0.03
    # Which of the added ones are found says little of units that are stronger or weaker than they.
    assert left["added_alone"]["correlation"] < 0.3
    assert told["recall"]["population"] > 0
    assert told["recall"]["score"] > 0
    assert told["f1"]["score"] > 0


def test_difficulties_are_told_apart_and_no_recording_comes_twice():
    listed = worlds(2)
    assert len({seed for *_, seed in listed}) == len(listed)
    names = [name for name, *_ in listed]
    assert names.count("lab") == 4
    assert {name.split()[0] for name in names} >= {"snr", "jolts", "image_tremor", "units"}
