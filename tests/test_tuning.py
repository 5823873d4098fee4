"""Tuning: spaces give valid configurations; searches resume, distribute and end with a config."""

import json
import sys
import textwrap
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu import cli
from kmu.config import TRAINING_PRESETS, TrainingConfig
from kmu.errors import InputError
from kmu.tuning import workers
from kmu.tuning.search import finish, search
from kmu.tuning.search_space import PARTS, SearchSpace
from kmu.tuning.summary import CompletedTrial, best_so_far, read_trials, summary_table
from kmu.tuning.trial import shortened

TINY = TRAINING_PRESETS["tiny"]


def quality(config, out):
    """Stands for training: highest at a learning rate of 1e-3 and with both kinds of maps."""
    rate = config.segmentation.learning_rate
    both = config.network.slow_fusion and config.network.local_correlation
    score = 1 / (1 + abs(np.log10(rate) + 3)) * (1.0 if both else 0.8)
    return {"f1": float(score), "twitch_train_correlation": 0.5}


@pytest.mark.parametrize("preset", ["tiny", "quick", "base"])
def test_the_defaults_of_the_space_stay_close_to_the_base(preset):
    base = TRAINING_PRESETS[preset]
    config = SearchSpace(base, ("segmentation",)).configure(keras_tuner.HyperParameters())
    assert config.network.segmenter.widths == base.network.segmenter.widths
    assert config.network.fusion == base.network.fusion
    assert config.signals == base.signals
    assert config.data == base.data


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.sampled_from(PARTS), min_size=1))
def test_every_point_of_the_space_is_a_valid_configuration(seed, parts):
    space = SearchSpace(TINY, tuple(sorted(parts)))
    hp = keras_tuner.HyperParameters()
    space.configure(hp)
    rng = np.random.default_rng(seed)
    for item in hp.space:
        hp.values[item.name] = item.random_sample(int(rng.integers(2**31)))
    config = space.configure(hp)
    assert TrainingConfig.from_dict(json.loads(config.to_json())) == config
    untouched = {"segmentation": "segmentation", "signals": "signals", "data": "data"}
    for part in set(PARTS) - parts:
        assert getattr(config, untouched[part]) == getattr(TINY, untouched[part])


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="segmentation, signals, data"):
        SearchSpace(TINY, ("optimizer",))


@given(st.floats(0.01, 1))
def test_shortened_runs_are_whole_checkpoints(share):
    base = TRAINING_PRESETS["base"]
    config = shortened(base, share)
    assert 0 < config.segmentation.steps <= base.segmentation.steps
    assert config.segmentation.steps % config.checkpoint_steps == 0
    assert 0 < config.together_steps <= base.together_steps
    assert not shortened(TINY, share).together_steps


def test_a_search_ends_with_the_best_configuration_and_a_summary(tmp_path):
    found = search(SearchSpace(TINY), tmp_path, quality, trials=6)
    best = TrainingConfig.from_json(tmp_path / "best.json")
    assert len(found) == 6
    assert found[0].score == max(trial.score for trial in found)
    assert quality(best, tmp_path)["f1"] == pytest.approx(found[0].score)
    assert (best.preset, best.segmentation.steps) == ("tuned", TINY.segmentation.steps)
    assert (tmp_path / "summary.md").read_text().count("\n") == 2 + 6
    assert (tmp_path / "summary.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((tmp_path / "trials.json").read_text())) == 6


def test_an_interrupted_search_loses_only_the_running_trial(tmp_path):
    calls = []

    def interrupted(config, out):
        calls.append(out.name)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return quality(config, out)

    with pytest.raises(KeyboardInterrupt):
        search(SearchSpace(TINY), tmp_path / "a", interrupted, trials=6)
    resumed = search(SearchSpace(TINY), tmp_path / "a", interrupted, trials=6)
    whole = search(SearchSpace(TINY), tmp_path / "b", quality, trials=6)
    assert len(calls) == 7
    assert calls.count(calls[3]) == 2
    assert [vars(trial) for trial in resumed] == [vars(trial) for trial in whole]


def test_a_finished_search_can_be_continued_with_more_trials(tmp_path):
    search(SearchSpace(TINY), tmp_path, quality, trials=2)
    assert len(search(SearchSpace(TINY), tmp_path, quality, trials=4)) == 4


def test_a_failing_trial_is_left_out(tmp_path):
    def fails_once(config, out):
        if out.name.endswith("1"):
            raise FloatingPointError("the loss is not a number")
        return quality(config, out)

    found = search(SearchSpace(TINY), tmp_path, fails_once, trials=4)
    assert [trial.name for trial in sorted(found, key=lambda t: t.name)] == ["0", "2", "3"]


def test_hyperband_trains_briefly_first_and_the_winner_gets_all_steps(tmp_path):
    steps = []

    def noting(config, out):
        steps.append(config.segmentation.steps)
        return quality(config, out)

    base = TRAINING_PRESETS["base"]
    search(SearchSpace(base), tmp_path, noting, trials=12, tuner="hyperband")
    best = TrainingConfig.from_json(tmp_path / "best.json")
    assert 0 < len(steps) <= 12
    assert min(steps) < base.segmentation.steps / 2
    assert best.segmentation.steps == base.segmentation.steps


def test_a_folder_holds_one_search(tmp_path):
    search(SearchSpace(TINY), tmp_path, quality, trials=1)
    with pytest.raises(InputError, match="holds another search"):
        search(SearchSpace(TINY, ("data",)), tmp_path, quality, trials=1)


def test_a_search_without_any_completed_trial_says_so(tmp_path):
    with pytest.raises(InputError, match="no trial"):
        finish(SearchSpace(TINY), tmp_path, "f1")


def test_no_trials_is_bad_input(tmp_path, capsys):
    options = ["tune", "--trials", "0", "--family", "tiny", "--out", str(tmp_path)]
    assert cli.main(options) == 2
    assert "trials at least 1" in capsys.readouterr().err


def test_the_table_has_a_row_a_trial_and_gaps_where_a_value_is_missing():
    trials = [
        CompletedTrial("1", 0.9, {"f1": 0.9}, {"width": 1.25, "tuner/epochs": 3}),
        CompletedTrial("0", 0.5, {"f1": 0.5}, {"maps": "both"}),
    ]
    lines = summary_table(trials).splitlines()
    assert lines[0] == "| trial | f1 | maps | width |"
    assert lines[2:] == ["| 1 | 0.900 |  | 1.25 |", "| 0 | 0.500 | both |  |"]
    scores, best = best_so_far(trials)
    assert scores.tolist() == [0.5, 0.9]
    assert best.tolist() == [0.5, 0.9]


@pytest.mark.slow
@pytest.mark.parametrize("tuner", ["bayesian", "random"])
def test_a_chief_and_two_workers_find_what_one_process_finds(tmp_path, tuner):
    script = tmp_path / "distributed.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_tuning import TINY, SearchSpace, quality, search
        search(SearchSpace(TINY), Path(sys.argv[1]), quality, trials=12, tuner={tuner!r})
        """)
    )
    out = tmp_path / "many"
    assert workers.start([sys.executable, str(script), str(out)], 2) == 0
    alone = search(SearchSpace(TINY), tmp_path / "one", quality, trials=12, tuner=tuner)
    many = read_trials(out / "search", "f1")

    def table(trials):
        return sorted((trial.score, sorted(trial.values.items())) for trial in trials)

    assert table(many) == table(alone)
    assert (out / "best.json").read_text() == (tmp_path / "one" / "best.json").read_text()


def test_a_worker_that_fails_ends_the_others(monkeypatch):
    monkeypatch.setattr(workers, "_GRACE_S", 0.5)
    code = "import os, sys, time; role = os.environ['KERASTUNER_TUNER_ID']; " + (
        "sys.exit(3) if role == 'worker0' else time.sleep(3600)"
    )
    assert workers.start([sys.executable, "-c", code], 2) == 3


def test_a_worker_that_comes_when_all_is_done_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(workers, "_GRACE_S", 0.5)
    code = "import os, time; os.environ['KERASTUNER_TUNER_ID'] == 'chief' or time.sleep(3600)"
    assert workers.start([sys.executable, "-c", code], 2) == 0
