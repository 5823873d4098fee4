"""``kmu inspect`` shows what a file holds and proposes the command that reads it."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.cli import main
from kmu.reading import open_recording

RECORDING, _ = twitching([(6, 5), (16, 14)], seconds=1.2)
VELOCITY = RECORDING.velocity
SAID = {"frame_rate": 250.0, "spacing": (1.0, 0.5)}


def inspected(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["inspect", str(path)]) == 0
    return capsys.readouterr().out


def test_inspect_shows_the_contents_and_proposes_the_command(tmp_path, capsys):
    values = VELOCITY.transpose(1, 2, 0)
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": values, "fs": 250.0, "dz": 1.0, "dx": 0.5})
    shown = inspected(tmp_path / "r.mat", capsys)
    assert "TVI: 24 x 40 x 300 float32" in shown
    assert [line.split() for line in shown.splitlines() if "read from" in line] == [
        ["frame", "rate", "250", "Hz", "read", "from:", "fs"],
        ["pixel", "size", "1", "x", "0.5", "mm", "read", "from:", "dz", "and", "dx"],
    ]
    assert "--axes AXES" in shown
    assert "zxt" in shown
    assert "--frame-rate" not in shown
    np.save(tmp_path / "r.npy", values)
    shown = inspected(tmp_path / "r.npy", capsys)
    assert "--frame-rate HZ --spacing DZ DX" in shown
    RECORDING.save(tmp_path / "r.h5")
    shown = inspected(tmp_path / "r.h5", capsys)
    assert "--axes" not in shown
    np.savez(tmp_path / "none.npz", a=np.arange(5), name=np.array("x"))
    assert "this is no recording" in inspected(tmp_path / "none.npz", capsys)


def test_the_proposed_command_reads_the_file(tmp_path, capsys):
    RECORDING.save(tmp_path / "r.h5")
    command = next(
        line for line in inspected(tmp_path / "r.h5", capsys).splitlines() if "identify" in line
    )
    assert open_recording(command.split()[2]).shape == VELOCITY.shape
