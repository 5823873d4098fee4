"""Every export of a curated result has its units and no others, as the formats' own readers see."""

import csv
import gzip
import json
import shutil
import subprocess
from importlib.util import find_spec

import numpy as np
import pytest
import scipy.io
from made_units import made

from kmu.analysis.physiology import measure
from kmu.cli import main
from kmu.motor_units import MotorUnits
from kmu.reading.firings import read_firings
from kmu.writing.native import read_measures, write_native

EDITS = [
    {"action": "accept", "unit": 1},
    {"action": "reject", "unit": 2},
    {"action": "merge", "units": [3, 5]},
    {"action": "split", "unit": 4, "at": 1.0},
    {"action": "firings", "unit": 6, "remove": [], "add": [0.0123, 1.9871]},
]
HAS_NWB = find_spec("pynwb") is not None
IDS = [1, 3, 4, 7, 6]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The curated units and measures, and the folder of their exports."""
    folder = tmp_path_factory.mktemp("curated")
    found = made(6)
    measures = {**measure(found), "quality": np.linspace(0.1, 0.6, 6)}
    write_native(found, folder / "r.h5", measures, recording="trial.mat", model="kmu")
    (folder / "edits.json").write_text(json.dumps({"edits": EDITS}))
    curated = folder / "c.h5"
    command = ["curate", folder / "r.h5", "--edits", folder / "edits.json", "-o", curated]
    assert main([*map(str, command)]) == 0
    forms = ["matlab", "csv", "openhdemg", "bids", "hdf5", *(["nwb"] if HAS_NWB else [])]
    assert main(["export", str(curated), "--to", *forms, "-o", str(folder / "out")]) == 0
    units, kept = MotorUnits.load(curated), read_measures(curated)
    assert units.ids.tolist() == IDS
    assert kept["quality"][0] == pytest.approx(0.1)
    return units, kept, folder


def assert_firings(units, firings, atol=0.0):
    assert len(firings) == len(units)
    for ours, theirs in zip(units.firings, firings, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=atol)


def test_hdf5(exported):
    units, kept, folder = exported
    again = MotorUnits.load(folder / "out.h5")
    assert again.ids.tolist() == IDS
    assert_firings(units, again.firings)
    np.testing.assert_array_equal(again.territory, units.territory)
    for name, values in read_measures(folder / "out.h5").items():
        np.testing.assert_array_equal(values, kept[name])


def test_matlab(exported):
    units, kept, folder = exported
    values = scipy.io.loadmat(folder / "out.mat")
    assert values["ids"].ravel().tolist() == IDS
    assert_firings(units, [times.ravel() for times in values["firings"].ravel()])
    np.testing.assert_array_equal(values["territory"].transpose(2, 0, 1), units.territory)
    np.testing.assert_array_equal(values["twitch_train"].T, units.twitch_train)
    np.testing.assert_array_equal(values["score"].ravel(), units.score)
    table = values["measures"][0, 0]
    assert {*table.dtype.names} == {name[:31] for name in kept}
    assert len(table.dtype.names) == len(kept)
    for name, column in kept.items():
        np.testing.assert_array_equal(table[name[:31]].ravel(), column)


@pytest.mark.skipif(shutil.which("octave") is None, reason="Octave is not installed")
def test_octave(exported):
    units, _, folder = exported
    script = (
        "s = load('out.mat'); printf('%d ', s.ids, cellfun(@numel, s.firings)); "
        "printf('%.17g ', s.firings{:})"
    )
    command = ["octave", "--no-gui", "--quiet", "--norc", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    numbers = [float(word) for word in done.stdout.split()]
    counts = [len(times) for times in units.firings]
    assert numbers[: 2 * len(units)] == [*IDS, *counts]
    assert numbers[2 * len(units) :] == np.concatenate(units.firings).tolist()


def test_csv(exported):
    units, kept, folder = exported
    with (folder / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["unit"]) for row in rows] == IDS
    for name, column in {**kept, "score": units.score}.items():
        np.testing.assert_array_equal(np.float64([row[name] for row in rows]), column)
    with (folder / "out.firings.csv").open(newline="") as file:
        listed = [(int(row["unit"]), float(row["time_s"])) for row in csv.DictReader(file)]
    assert_firings(units, [[time for unit, time in listed if unit == k] for k in IDS])
    assert len(listed) == sum(map(len, units.firings))


def test_openhdemg(exported):
    units, _, folder = exported
    with gzip.open(folder / "out.json", "rt") as file:
        values = {name: json.loads(text) for name, text in json.load(file).items()}
    assert values["NUMBER_OF_MUS"] == len(IDS)
    samples = [np.array(pulses) / values["FSAMP"] for pulses in values["MUPULSES"]]
    assert_firings(units, samples, atol=0.0005)
    trains = np.array(values["IPTS"]["data"]).T
    np.testing.assert_allclose(trains[:, ::4], units.twitch_train, atol=1e-6)
    assert json.loads(values["EXTRAS"]["data"][0][0])["ids"] == IDS


@pytest.mark.skipif(not HAS_NWB, reason="pynwb is not installed")
def test_nwb(exported):
    import pynwb

    units, kept, folder = exported
    with pynwb.NWBHDF5IO(str(folder / "out.nwb"), "r") as reader:
        file = reader.read()
        table = file.units
        assert table.id[:].tolist() == IDS
        assert_firings(units, [table["spike_times"][k] for k in range(len(units))])
        np.testing.assert_array_equal(np.array(table["territory"][:]), units.territory)
        for name, column in {**kept, "score": units.score}.items():
            np.testing.assert_array_equal(np.float64(table[name][:]), np.float64(column))
        series = file.processing["ultrasound"]["twitch_train"]
        np.testing.assert_array_equal(series.data[:].T, units.twitch_train)
        assert series.rate == units.frame_rate


def test_bids(exported):
    units, _, folder = exported
    with (folder / "out_events.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    times = [[float(row["onset"]) for row in rows if int(row["unit_id"]) == k] for k in IDS]
    assert_firings(units, times)
    assert len(rows) == sum(map(len, units.firings))
    about = json.loads((folder / "out_events.json").read_text())
    assert list(about["unit_id"]["Levels"]) == [str(k) for k in IDS]


@pytest.mark.parametrize("name", ["out.firings.csv", "out.nwb", "out_events.tsv", "out.mat"])
def test_units_keep_their_numbers_when_they_are_read_as_firings(exported, name):
    units, _, folder = exported
    if not (folder / name).exists():
        pytest.skip("pynwb is not installed")
    read = read_firings(folder / name)
    assert len(read) == max(IDS)
    assert_firings(units, [read[k - 1] for k in IDS])
    assert [k for k, times in enumerate(read, 1) if not len(times)] == [2, 5]
