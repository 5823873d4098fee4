"""``kmu stream`` and its view."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from live_streams import RATE, SPACING, THRESHOLDS, known_units, live_model, run, two_units

import kmu
from kmu.cli import main
from kmu.live.model import Model
from kmu.live.view import View
from kmu.models.export import export_identifier
from kmu.motor_units import MotorUnits


@pytest.fixture(scope="module")
def folder(identifier, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny" / "1"
    return export_identifier(identifier, folder, THRESHOLDS, "card")


def test_the_view_shows_rates_and_firings(identifier):
    pieces, stream = run(live_model(identifier), two_units(), size=50)
    view = View(io.StringIO(), stream.counts)
    for piece in pieces:
        view.add(piece)
    lines = view.lines(80, 24)
    assert "2 units" in lines[0]
    assert sum(line.count("|") for line in lines) > 0
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("given", [[], ["-", "--listen", "0"], ["missing.h5"]])
def test_the_command_refuses_in_one_sentence(given, capsys):
    assert main(["stream", *given]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_plays_a_file_and_writes_the_units(folder, tmp_path, capsys):
    kmu.Recording(two_units(), RATE, SPACING).save(tmp_path / "trial.h5")
    known_units().save(tmp_path / "units.h5")
    told = [str(tmp_path / "trial.h5"), "--speed", "0", "--calibration", "2"]
    told += ["--units", str(tmp_path / "units.h5"), "--model", str(folder), "--quiet"]
    assert main(["stream", *told, "-o", str(tmp_path / "out.h5")]) == 0
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert sum(len(line["time"]) for line in lines) == 500
    assert MotorUnits.load(tmp_path / "out.h5").twitch_train.shape == (2, 500)


def test_the_example_in_the_docs_runs(folder, monkeypatch):
    text = (Path(kmu.__file__).parent / "docs" / "live.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    model = Model.load(folder)
    monkeypatch.setattr("kmu.live.stream.Model.load", lambda _: model)
    names: dict[str, object] = {}
    exec(compile(example, "live.md", "exec"), names)
    assert names["seconds"] == 4.0


def test_importing_the_stream_needs_no_tensorflow():
    code = "import kmu.live.stream, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
