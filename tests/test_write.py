"""Writers: what is written can be read back, for any number of units, and is never half-written."""

import gzip
import json
import os
import shutil
import subprocess

import numpy as np
import pytest
import scipy.io
from made_units import made

from kmu.analysis.emg import match_emg
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.reading.firings import read_firings
from kmu.writing import write_result
from kmu.writing.matlab import read_matlab
from kmu.writing.native import read_measures
from kmu.writing.table import read_table


def measures(count: int) -> dict[str, np.ndarray]:
    return {"area": np.linspace(10, 30, count), "silhouette": np.full(count, np.nan)}


def same(one: MotorUnits, other: MotorUnits) -> None:
    np.testing.assert_array_equal(one.territory, other.territory)
    np.testing.assert_array_equal(one.twitch_train, other.twitch_train)
    np.testing.assert_array_equal(one.score, other.score)
    assert len(one.firings) == len(other.firings)
    for a, b in zip(one.firings, other.firings, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.frame_rate, one.spacing) == (other.frame_rate, other.spacing)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_hdf5_and_matlab_files_give_the_same_units_back(tmp_path, count):
    units = made(count)
    native = write_result(units, tmp_path / "r.h5", "hdf5", measures(count))
    same(MotorUnits.load(native), units)
    np.testing.assert_array_equal(read_measures(native)["area"], measures(count)["area"])
    matlab = write_result(units, tmp_path / "r.h5", "matlab", measures(count))
    assert matlab.name == "r.mat"
    same(read_matlab(matlab), units)


def test_matlab_counts_from_one(tmp_path):
    units = made(2)
    values = scipy.io.loadmat(write_result(units, tmp_path / "r", "matlab", measures(2)))
    assert values["territory"].shape == (12, 10, 2)
    assert values["twitch_train"].shape == (500, 2)
    frames = values["firing_frames"][0, 0].ravel()
    np.testing.assert_array_equal(frames, np.round(units.firings[0] * 250) + 1)
    np.testing.assert_array_equal(values["measures"]["area"][0, 0].ravel(), [10, 30])
    assert "counted" in values["readme"][0] or "first frame is 1" in values["readme"][0]


@pytest.mark.skipif(shutil.which("octave") is None, reason="Octave is not installed")
def test_octave_loads_the_matlab_file(tmp_path):
    write_result(made(3), tmp_path / "r.mat", "matlab", measures(3))
    script = (
        f"s = load('{tmp_path}/r.mat'); printf('%d ', size(s.territory), size(s.firings), "
        "numel(s.firings{2}), s.firing_frames{1}(1)); printf('%.3f', s.measures.area(3));"
    )
    done = subprocess.run(
        ["octave", "--no-gui", "--quiet", "--eval", script],
        capture_output=True,
        text=True,
        check=False,
    )
    first = round(made(3).firings[0][0] * 250) + 1
    assert done.stdout.strip() == f"12 10 3 1 3 19 {first} 30.000"


@pytest.mark.parametrize("count", [0, 1, 5])
def test_tables_give_scores_and_firings_back(tmp_path, count):
    units = made(count)
    path = write_result(units, tmp_path / "r.h5", "csv", measures(count))
    table = read_table(path)
    np.testing.assert_array_equal(np.float32(table["score"]), units.score)
    np.testing.assert_array_equal(table["area"], measures(count)["area"])
    firings = read_table(tmp_path / "r.firings.csv")
    np.testing.assert_array_equal(firings["time_s"], np.concatenate([[], *units.firings]))
    assert set(firings["unit"]) == set(range(1, count + 1))


@pytest.mark.parametrize("form", ["csv", "openhdemg", "matlab"])
def test_our_own_files_can_be_given_as_emg_firings(tmp_path, form):
    units = made(3)
    path = write_result(units, tmp_path / "r.h5", form)
    read = read_firings(tmp_path / "r.firings.csv" if form == "csv" else path)
    assert len(read) == 3
    for ours, theirs in zip(units.firings, read, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.0005 if form == "openhdemg" else 1e-9)
    pairs = match_emg(units, read)
    assert [(pair.unit, pair.emg_unit) for pair in sorted(pairs, key=lambda p: p.unit)] == [
        (0, 0), (1, 1), (2, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_openhdemg_file_has_the_layout_openhdemg_reads(tmp_path, count):
    path = write_result(made(count), tmp_path / "r.h5", "openhdemg", measures(count))
    with gzip.open(path, "rt") as file:
        values = {name: json.loads(text) for name, text in json.load(file).items()}
    assert values["SOURCE"] == "CUSTOMCSV"
    assert values["FSAMP"] == 1000
    assert values["NUMBER_OF_MUS"] == count == len(values["MUPULSES"])
    assert values["EMG_LENGTH"] == 2000 == len(values["IPTS"]["data"])
    binary = np.array(values["BINARY_MUS_FIRING"]["data"]).reshape(2000, count)
    for k, samples in enumerate(values["MUPULSES"]):
        np.testing.assert_array_equal(np.flatnonzero(binary[:, k]), np.unique(samples))
    assert set(values["ACCURACY"]) == {"columns", "index", "data"}


_OPENHDEMG = """
import sys, warnings
warnings.simplefilter("ignore")
import openhdemg.library as emg
file = emg.emg_from_json(sys.argv[1])
print(file["NUMBER_OF_MUS"], file["EMG_LENGTH"], file["FSAMP"], [len(p) for p in file["MUPULSES"]])
emg.compute_idr(file)
emg.save_json_emgfile(file, sys.argv[2])
"""


def test_openhdemg_itself_reads_the_file(tmp_path):
    python = os.environ.get("KMU_OPENHDEMG_PYTHON")
    if python is None:
        pytest.skip("KMU_OPENHDEMG_PYTHON names no Python with openhdemg, which pins old libraries")
    units = made(3)
    path = write_result(units, tmp_path / "r.h5", "openhdemg", measures(3))
    done = subprocess.run(
        [python, "-c", _OPENHDEMG, str(path), str(tmp_path / "again.json")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip().splitlines()[-1] == "3 2000 1000.0 [20, 19, 18]"
    for ours, theirs in zip(units.firings, read_firings(tmp_path / "again.json"), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.0005)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_nwb_files_are_valid_and_give_the_units_back(tmp_path, count):
    pynwb = pytest.importorskip("pynwb")
    units = made(count)
    path = write_result(units, tmp_path / "r.h5", "nwb", measures(count))
    with pynwb.NWBHDF5IO(str(path), "r") as reader:
        assert pynwb.validate(io=reader) == []
        file = reader.read()
        if not count:
            assert file.units is None
            return
        for k in range(count):
            np.testing.assert_array_equal(file.units["spike_times"][k], units.firings[k])
            np.testing.assert_array_equal(file.units["territory"][k], units.territory[k])
        np.testing.assert_allclose(file.units["score"][:], units.score)
        np.testing.assert_allclose(file.units["area"][:], measures(count)["area"])
        trains = file.processing["ultrasound"]["twitch_train"].data[:]
        np.testing.assert_array_equal(trains.T, units.twitch_train)


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="choose from hdf5, matlab"):
        write_result(made(1), tmp_path / "r.h5", "xls")


def test_emg_firings_come_from_cells_and_tables(tmp_path):
    times = [np.arange(1, 20) * 0.1, np.arange(1, 15) * 0.13]
    cell = np.empty((1, 2), object)
    for k in range(2):
        cell[0, k] = np.round(times[k] * 2048)[None] + 1
    scipy.io.savemat(tmp_path / "d.mat", {"MUPulses": cell})
    with pytest.raises(InputError, match="firings-rate"):
        read_firings(tmp_path / "d.mat")
    read = read_firings(tmp_path / "d.mat", 2048)
    for one, other in zip(times, read, strict=True):
        np.testing.assert_allclose(one, other, atol=0.5 / 2048)
    (tmp_path / "d.csv").write_text("unit,sample\n2,100\n1,50\n1,25\n")
    read = read_firings(tmp_path / "d.csv", 100)
    assert [list(item) for item in read] == [[0.25, 0.5], [1.0]]
    (tmp_path / "d.csv").write_text("unit,time_s\n1,nan\n2,0.5\n")
    assert [list(item) for item in read_firings(tmp_path / "d.csv")] == [[], [0.5]]
    for wrong in ("unit,time_s\n1,x\n", "a,b\n1,2\n", ""):
        (tmp_path / "w.csv").write_text(wrong)
        with pytest.raises(InputError):
            read_firings(tmp_path / "w.csv")
    with pytest.raises(InputError, match="cannot read"):
        read_firings(tmp_path / "none.csv")
    (tmp_path / "bad.json").write_bytes(b"\x1f\x8bxxxx")
    with pytest.raises(InputError, match="damaged"):
        read_firings(tmp_path / "bad.json")
