"""kmu's functions for MATLAB, run by Octave."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stand_in_model import write_stand_in
from test_write import made, measures, same

from kmu.cli import main
from kmu.errors import InputError
from kmu.writing import read_result, write_result

ROOT = Path(__file__).parents[1]


def functions(capsys) -> Path:
    assert main(["matlab"]) == 0
    return Path(capsys.readouterr().out.strip())


def test_the_command_prints_the_folder_of_the_functions(capsys):
    names = {path.name for path in functions(capsys).glob("*.m")}
    assert names == {"kmu_identify.m", "kmu_load.m", "kmu_plot.m", "kmu_export.m"}


@pytest.mark.slow
def test_from_an_array_to_units_in_octave(tmp_path, capsys):
    if shutil.which("octave") is None:
        pytest.skip("octave is not installed")
    model = write_stand_in(tmp_path / "model" / "1", score=0.2)
    script = (
        f"addpath('{ROOT / 'tests' / 'octave'}'); "
        f"use_it('{functions(capsys)}', '{model}', '{tmp_path}')"
    )
    environment = {
        **os.environ,
        "KMU_COMMAND": f'"{sys.executable}" -m kmu',
        "PYTHONPATH": str(ROOT),
        "PYTHONSAFEPATH": "1",
    }
    done = subprocess.run(
        ["octave", "--no-gui", "--no-window-system", "--quiet", "--norc", "--eval", script],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert "all of it works" in done.stdout, done.stderr


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_result_for_matlab_is_a_result(tmp_path, count):
    path = write_result(made(count), tmp_path / "r", "matlab", measures(count))
    units, table = read_result(path)
    same(units, made(count))
    assert table.keys() == measures(count).keys()
    for name, values in measures(count).items():
        np.testing.assert_array_equal(table[name], values)
    assert main(["export", str(path), "--to", "hdf5", "-o", str(tmp_path / "b"), "--quiet"]) == 0
    same(read_result(tmp_path / "b.h5")[0], made(count))


def test_a_matlab_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_result(tmp_path / "none.mat")
    (tmp_path / "other.mat").write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged"):
        read_result(tmp_path / "other.mat")
