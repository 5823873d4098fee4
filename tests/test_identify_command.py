"""kmu identify: files in, all outputs, errors in one sentence and no file."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.cli import main
from kmu.identification.pipeline import identify
from kmu.motor_units import MotorUnits

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture
def mat(tmp_path) -> Path:
    recording, _ = twitching(CENTRES)
    path = tmp_path / "trial.mat"
    values = recording.velocity.transpose(1, 2, 0)
    scipy.io.savemat(path, {"TVI": values, "fs": 250.0, "dz": 1.0, "dx": 0.5})
    return path


def test_the_command_writes_result_and_figure(tmp_path, mat, model, capsys):
    out = tmp_path / "out" / "units.h5"
    assert main(["identify", str(mat), "--axes", "zxt", "--model", str(model), "-o", str(out)]) == 0
    assert len(MotorUnits.load(out)) == 2
    assert out.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    assert "2 motor units" in capsys.readouterr().err


def test_the_command_and_python_agree(tmp_path, mat, model, served):
    out = tmp_path / "units.h5"
    arguments = ["identify", str(mat), "--axes", "zxt", "--model", str(model), "-o", str(out)]
    assert main([*arguments, "--quiet"]) == 0
    from_file, from_python = MotorUnits.load(out), identify(twitching(CENTRES)[0], served)
    np.testing.assert_allclose(from_file.twitch_train, from_python.twitch_train, atol=1e-5)


WRONG = {
    "no axes": ([], "--axes"),
    "wrong axes": (["--axes", "zx"], "zxt"),
    "time for depth": (["--axes", "txz", "--spacing", "0.1", "0.5"], "--axes"),
    "no such variable": (["--axes", "zxt", "--variable", "V"], "no variable"),
    "rate": (["--axes", "zxt", "--frame-rate", "0"], "frame rate"),
    "spacing": (["--axes", "zxt", "--spacing", "0", "1"], "spacing"),
    "no model": (["--axes", "zxt", "--model", "nowhere"], "model"),
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG.keys())
def test_wrong_options_give_one_sentence_and_no_file(tmp_path, mat, model, capsys, options):
    given, word = options
    out = tmp_path / "units.h5"
    model_given = [] if "--model" in given else ["--model", str(model)]
    assert main(["identify", str(mat), *given, *model_given, "-o", str(out)]) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("kmu: ")
    assert word in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trial.mat"]


def test_an_export_never_writes_over_the_recording(mat, model, tmp_path, capsys):
    before = mat.read_bytes()
    given = ["identify", str(mat), "--axes", "zxt", "--model", str(model), "--export", "matlab"]
    assert main([*given, "-o", str(tmp_path / "trial.h5")]) == 2
    assert "is an input" in capsys.readouterr().err
    assert mat.read_bytes() == before
    assert not (tmp_path / "trial.h5").exists()


def test_one_command_gives_all_outputs(tmp_path, mat, model, capsys):
    _, firings = twitching(CENTRES)
    table = tmp_path / "emg.csv"
    rows = [f"{k + 1},{time}" for k, times in enumerate(firings) for time in times]
    table.write_text("\n".join(["unit,time_s", *rows]))
    out = tmp_path / "r.h5"
    arguments = ["identify", str(mat), "--axes", "zxt", "--model", str(model), "-o", str(out)]
    arguments += ["--export", "matlab", "csv", "openhdemg", "--firings", str(table)]
    assert main(arguments) == 0
    names = {path.name for path in tmp_path.glob("r.*")}
    csv = {"r.csv", "r.firings.csv", "r.provenance.json"}
    assert names == {"r.h5", "r.png", "r.html", "r.mat", "r.json"} | csv
    assert "match one of 2 EMG units" in (tmp_path / "r.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main([*arguments, "--min-quality", "1"]) == 0
    assert "0 motor units (2 more below the least quality)" in capsys.readouterr().err
    assert len(MotorUnits.load(out)) == 0
    assert main([*arguments, "--min-quality", "2"]) == 2
    assert main([*arguments, "--block-seconds", "0.1"]) == 2
    assert main([*arguments, "--suppress-motion", "svd", "--motion-order", "99"]) == 2
    assert main([*arguments[:-1], str(tmp_path / "none.csv")]) == 2
