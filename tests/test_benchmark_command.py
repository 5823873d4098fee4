"""The command of the benchmark, and the names that it takes."""

import argparse
import json

import pytest
from linear_world import write_recordings

from kmu import InputError
from kmu.cli import benchmark as verb
from kmu.config.benchmark import BenchmarkConfig
from kmu.evaluation.families import family
from kmu.evaluation.methods import method


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recordings").mkdir()
    return write_recordings(tmp_path / "recordings")


def test_the_command_prints_the_table_and_writes_files(folder, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    out = tmp_path / "out"
    arguments = parser.parse_args(
        ["--methods", "velbss_like", "--families", str(folder), "--count", "2",
         "--out", str(out), "--json", str(tmp_path / "b.json")]
    )  # fmt: skip
    assert verb.run(arguments) == 0
    assert "velbss_like" in capsys.readouterr().out
    written = json.loads((tmp_path / "b.json").read_text())
    assert written[folder.name]["velbss_like"]["recordings"] == 2
    assert {p.name for p in out.iterdir()} >= {"benchmark.json", "benchmark.csv", "f1_by_units.png"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: method("ica"), "no method 'ica'"),
        (lambda: family("nowhere", 1, 0), "neither a family"),
        (lambda: BenchmarkConfig(count=0), "count"),
    ],
)
def test_wrong_names_are_said_in_one_sentence(wrong, message):
    with pytest.raises(InputError, match=message):
        wrong()
