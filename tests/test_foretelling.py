"""What foretells the recall is fitted to what is known of simulated recordings."""

import numpy as np
import pytest

from kmu.identification.served_model import load_model
from kmu.studies import expected_f1
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


def test_difficulties_are_told_apart_and_no_recording_comes_twice():
    listed = worlds(2)
    assert len({seed for *_, seed in listed}) == len(listed)
    names = [name for name, *_ in listed]
    assert names.count("lab") == 4
    assert {name.split()[0] for name in names} >= {"snr", "jolts", "image_tremor", "units"}


def scored_rows(count: int) -> list[dict]:
    """Recordings whose scores are the chance of being true, given or not."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(count):
        score = np.clip(rng.beta(8 * (seen := rng.uniform(0.3, 0.97)), 8 * (1 - seen), 40), 0, 1)
        true = rng.uniform(size=40) < score
        given = score >= 0.5
        rows.append({
            "name": "made", "seed": k, "true": int(true.sum()), "found": int(given.sum()),
            "matched": int((true & given).sum()), "score": score[given].tolist(),
            "not_given": float(score[~given].sum()),
        })  # fmt: skip
    return rows


def test_where_scores_are_probabilities_those_of_all_candidates_foretell_the_f1():
    told = expected_f1.conclusions(scored_rows(80))
    left = told["left_out"]
    assert left["recordings"] == 80
    assert left["all_candidates"]["rank_correlation"] > 0.9
    assert abs(left["all_candidates"]["mean_difference"]) < 0.02
    assert left["all_candidates"]["mean_absolute_difference"] < 0.07
    worse = left["given_alone"]
    assert worse["mean_absolute_difference"] > left["all_candidates"]["mean_absolute_difference"]
    assert len(told["f1"]["all_candidates"]["weights"]) == 2
    assert len(told["f1"]["given_alone"]["weights"]) == 1


def test_recordings_for_the_f1_are_easy_hard_and_of_all_families_and_none_comes_twice():
    listed = expected_f1.worlds(2)
    seeds = {seed for *_, seed in listed}
    assert len(seeds) == len(listed) == 268
    assert min(seeds) >= 1_000_000
    assert not seeds & {seed for *_, seed in worlds(2)}
    families = [family for _, family, *_ in listed]
    assert families.count("lab") == 2 * (42 + 10)
    assert families.count("low_force") == 2 * (42 + 10)
    assert all(change["rest_share"] == 0 for _, family, change, _ in listed if family == "lab")


def test_a_simulated_recording_is_measured_by_its_scores_and_its_truth():
    row = expected_f1.measured(("made", "low_force", {"duration": 2.0}, 1_030_001), load_model())
    assert row["found"] == len(row["score"]) > 0
    assert row["matched"] <= min(row["true"], row["found"])
    assert 2 * row["matched"] / (row["true"] + row["found"]) > 0.7
    assert 0 <= row["not_given"] < 5
