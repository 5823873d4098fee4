"""Scores against duration: the same muscles, longer; resumable; drawn and tabled."""

import json

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.studies import durations
from kmu.studies.durations import courses, lasting


def test_a_seed_has_the_same_muscle_at_every_length():
    (short, units), (long, same) = (lasting("tiny", d, 1, 5).load(0) for d in (1.0, 1.5))
    assert (short.duration, long.duration) == pytest.approx((1.0, 1.5), abs=0.02)
    assert len(units) == len(same)
    np.testing.assert_array_equal(units.territory, same.territory)


def test_a_family_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="no family 'nowhere'"):
        lasting("nowhere", 2.0, 1, 0)


def test_courses_are_by_family_and_method_in_the_order_of_time():
    def summary(f1, matched):
        return {"f1": f1, "units_matched": matched, "rate_of_agreement": 0.5}

    result = {
        "moderate 10 s": {"kmu": summary(0.9, 3)},
        "moderate 2 s": {"kmu": summary(0.8, 2), "stica": summary(0.0, 0)},
    }
    assert courses(result, "f1") == {
        "moderate": {"kmu": [(2.0, 0.8), (10.0, 0.9)], "stica": [(2.0, 0.0)]}
    }
    assert courses(result, "rate_of_agreement")["moderate"] == {"kmu": [(2.0, 0.5), (10.0, 0.5)]}


def test_the_command_writes_table_figure_and_json_and_does_nothing_twice(tmp_path, capsys):
    command = ["--methods", "velbss_like", "--families", "tiny", "--durations", "0.8,1.2"]
    command += ["--count", "1", "--out", str(tmp_path)]
    assert durations.main(command) == 0
    done = (tmp_path / "scores.jsonl").read_text()
    assert durations.main(command) == 0
    assert (tmp_path / "scores.jsonl").read_text() == done
    result = json.loads((tmp_path / "durations.json").read_text())
    assert set(result) == {"tiny 0.8 s", "tiny 1.2 s"}
    assert "| tiny 1.2 s | velbss_like |" in (tmp_path / "durations.md").read_text()
    assert "| tiny 0.8 s | velbss_like |" in capsys.readouterr().out
    assert 1000 < (tmp_path / "durations.png").stat().st_size < 150_000
