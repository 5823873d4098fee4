"""What a benchmark makes of scores: summaries, breakdowns, search spaces; names that it knows."""

import json

import numpy as np
import pytest
from linear_world import linear_recording

from kmu import InputError
from kmu.baselines import BASELINES
from kmu.cli import benchmark as verb
from kmu.config.benchmark import TuningConfig
from kmu.evaluation import benchmark, score_recording, summarise
from kmu.evaluation.entries import entry_from_scores, scores_from_entry
from kmu.evaluation.families import family, pairs_with_truth
from kmu.evaluation.intervals import (
    INTERVAL_KEYS,
    bootstrap_intervals,
    breakdowns,
    resampled,
    synchronization,
)
from kmu.evaluation.memory import PeakMemory
from kmu.evaluation.methods import NETWORKS, descriptions, model_folder
from kmu.evaluation.search import FIRINGS, draw, with_value
from kmu.evaluation.tune import tune


def test_scores_survive_the_file():
    recording, truth = linear_recording(1, units=4, size=24, frames=120)
    scores = score_recording(BASELINES["spatial_ica"].run(recording), truth, seconds=0.5)
    entry = json.loads(json.dumps({"scores": entry_from_scores(scores)}))
    again = scores_from_entry(entry)
    assert summarise([again]) == pytest.approx(summarise([scores]), abs=1e-5)
    empty = benchmark.failed_recording(truth)
    entry = {"scores": entry_from_scores(empty)}
    assert summarise([scores_from_entry(entry)])["recall"] == 0


def test_resampling_once_each_is_the_summary_itself():
    truth = linear_recording(1, units=5, size=24, frames=120)[1]
    half = truth.select([0, 1])
    scores = [score_recording(truth, truth), score_recording(half, truth)]
    values = resampled(scores, np.ones((1, 2)))
    summary = summarise(scores, detailed=True)
    assert {k: float(v[0]) for k, v in values.items()} == pytest.approx(
        {k: summary[k] for k in INTERVAL_KEYS}
    )
    assert bootstrap_intervals(scores, 200)["recall"] == pytest.approx((0.4, 1.0))
    assert bootstrap_intervals([]) == {}


def test_breakdowns_count_every_recording_and_unit_once():
    examples = [linear_recording(seed, units=3 + 9 * seed, size=40, frames=60) for seed in range(3)]
    scores = [score_recording(truth.select([0]), truth) for _, truth in examples]
    table = breakdowns(scores, [{"snr_db": 3.0, "synchronization": 0.1}, {"snr_db": 12.0}, {}])
    true = sum(len(truth) for _, truth in examples)
    for name in ("nearest_centre", "size", "depth"):
        assert sum(row["units"] for row in table[name]) == true
    assert sum(row["recordings"] for row in table["units_true"]) == 3
    assert sum(row["recordings"] for row in table["snr_db"]) == 2
    assert json.dumps(table, allow_nan=False)


def test_synchronization_is_told_from_chance():
    rng = np.random.default_rng(0)
    free = [np.sort(rng.uniform(0, 60, 600)) for _ in range(4)]
    shared = free[0] + rng.normal(0, 0.001, 600)
    assert abs(synchronization(free, 60.0)) < 0.02
    assert synchronization([free[0], shared], 60.0) > 0.8
    assert np.isnan(synchronization([free[0]], 60.0))


def test_peak_memory_sees_an_array():
    with PeakMemory() as memory:
        np.ones(8_000_000).sum()
    assert np.isnan(memory.mebibytes) or 50 < memory.mebibytes < 200


def test_the_command_lists_the_methods(capsys):
    import argparse

    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    assert verb.run(parser.parse_args(["--list"])) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in descriptions())


def test_each_network_runs_with_the_model_of_its_name_and_only_kmu_with_another():
    assert [model_folder(name).parts[-2] for name in NETWORKS] == list(NETWORKS)
    other = model_folder("paper")
    assert model_folder("kmu", str(other)) == other
    assert model_folder("paper", str(model_folder("kmu"))) == other


def test_a_folder_without_truth_is_refused(tmp_path):
    linear_recording(0, units=1, size=12, frames=30)[0].save(tmp_path / "a.h5")
    assert pairs_with_truth(tmp_path) == []
    with pytest.raises(InputError, match="no recording with its truth"):
        family(str(tmp_path), 1, 0)


def test_families_of_the_simulator_start_at_their_seed():
    made = family("tiny", 2, 2_000_000)
    assert made.label(1) == "seed 2000001"
    recording, truth = made.load(1)
    assert np.array_equal(recording.velocity, family("tiny", 2, 2_000_000).load(1)[0].velocity)
    assert recording.velocity.shape[1:] == truth.territory.shape[1:]


def test_every_search_space_is_of_valid_settings():
    rng = np.random.default_rng(0)
    for baseline in BASELINES.values():
        own = baseline.settings
        assert any(draw(own, baseline.space, rng) != own for _ in range(3))
        tried = [*baseline.space.items(), *filter(None, [baseline.screen])]
        for path, values in tried:
            assert all(with_value(own, path, value) for value in values)
    assert {firing.estimator for firing in FIRINGS} == {"band_pass", "haar", "convolutive"}


def test_tuning_is_no_worse_than_the_untuned_settings():
    examples = {"a": [linear_recording(s, units=4, size=24, frames=120) for s in range(2)]}
    settings, report = tune(BASELINES["velbss_like"], examples, TuningConfig(trials=3))
    assert report["f1"] >= report["f1_untuned"]
    assert report["rate_of_agreement"] >= 0
    assert type(settings).from_dict(settings.to_dict()) == settings
