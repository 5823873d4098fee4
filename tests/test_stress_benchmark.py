"""The stress suite in the benchmark: named as a whole or in part, told apart, never tuned on."""

import argparse

import numpy as np
import pytest

from kmu.cli import benchmark as verb
from kmu.config.benchmark import BenchmarkConfig
from kmu.errors import InputError
from kmu.evaluation import score_recording
from kmu.evaluation.benchmark import run_benchmark, summary_of
from kmu.evaluation.entries import entry_from_scores
from kmu.evaluation.families import families_of, family, origin_of
from kmu.evaluation.table import table_rows
from kmu.motor_units import MotorUnits
from kmu.stress import FAMILIES, make_recording


def summary(found, truths):
    """The summary of recordings in which these units were found."""
    return summary_of(
        [
            {
                "recording": "",
                "properties": {},
                "scores": entry_from_scores(score_recording(units, truth)),
            }
            for units, truth in zip(found, truths, strict=True)
        ],
        resamples=50,
    )


def few_units(count):
    territory = np.zeros((count, 6, 6), np.float32)
    for k in range(count):
        territory[k, k] = 1
    return MotorUnits(
        territory=territory,
        twitch_train=np.ones((count, 20), np.float32),
        firings=[np.array([0.1])] * count,
        score=np.ones(count, np.float32),
        frame_rate=100.0,
        spacing=(1.0, 1.0),
    )


def test_stress_stands_for_all_of_its_families_and_a_name_for_one():
    assert [one.name for one in families_of("stress", 2, 0)] == [f"stress/{n}" for n in FAMILIES]
    (plain,) = families_of("stress/plain", 2, 0)
    assert plain.label(1) == "index 1"
    np.testing.assert_array_equal(plain.load(1)[0].velocity, make_recording("plain", 1)[0].velocity)
    with pytest.raises(InputError, match="stress/none is no family of the stress suite"):
        families_of("stress/none", 2, 0)


def test_methods_cannot_be_tuned_on_the_stress_suite():
    for name in ("stress", "stress/plain"):
        with pytest.raises(InputError, match="neither a family"):
            family(name, 1, 0)


def test_where_nothing_is_active_false_units_are_counted_in_place_of_f1():
    nothing = few_units(0)
    rest = summary([few_units(2), nothing, few_units(1), nothing], [nothing] * 4)
    assert rest["false_units_per_recording"] == 0.75
    low, high = rest["intervals"]["false_units_per_recording"]
    assert 0 <= low < 0.75 < high <= 2
    heading, (row,) = table_rows({"stress/rest_plain": {"kmu": rest}})
    assert row[heading.index("F1")].startswith("0.75 (")
    assert row[heading.index("F1")].endswith("false units")
    assert row[heading.index("precision")] == "-"


def test_rows_are_grouped_by_where_the_truth_comes_from():
    found = {"kmu": summary([few_units(2)], [few_units(2)])}
    heading, rows = table_rows({"stress/plain": found, "dense": found, "stress/few": found})
    column = [row[heading.index("truth from")] for row in rows]
    assert column == ["own simulator", "foreign simulator", "foreign simulator"]
    assert [row[0] for row in rows] == ["dense", "stress/plain", "stress/few"]
    assert "truth from" not in table_rows({"dense": found})[0]
    assert origin_of("my_folder") == "files"


def test_a_benchmark_runs_on_a_stress_family(tmp_path):
    config = BenchmarkConfig(
        methods=("velbss_like",), families=("stress/shallow",), count=1, resamples=10
    )
    result = run_benchmark(config, families_of("stress/shallow", 1, 0), tmp_path)
    found = result["stress/shallow"]["velbss_like"]
    assert found["errors"] == []
    assert found["units_true"] == len(make_recording("shallow", 0)[1])


def test_the_command_lists_the_stress_suite(capsys):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    assert verb.run(parser.parse_args(["--list"])) == 0
    text = capsys.readouterr().out
    assert all(f"stress/{name}" in text for name in FAMILIES)
