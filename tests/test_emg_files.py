"""Firings of EMG units: every file gives the same units, with the numbers they have there."""

import dataclasses
import datetime
import gzip
import json

import h5py
import numpy as np
import pytest
from emg_firings import RATE, TRUE, assert_true, samples

from kmu.errors import InputError
from kmu.reading.emg.units import EmgUnits
from kmu.reading.firings import read_emg_units, read_firings


@pytest.mark.parametrize("packed", [False, True])
def test_openhdemg_folders_are_read_compressed_or_not(tmp_path, packed):
    parts = [item.astype("<i8") for item in samples(0)]
    ends = np.cumsum([0, *(part.nbytes for part in parts)])
    name = "files\\MUPULSES.bin" + (".gz" if packed else "")
    entry = {
        "data_file_path": name, "compression": "gzip" if packed else None,
        "lengths": [len(part) for part in parts], "offsets": ends[:-1].tolist(),
        "endian_dtypes": ["<i8"] * len(parts),
    }  # fmt: skip
    (tmp_path / "files").mkdir()
    binary = b"".join(part.tobytes() for part in parts)
    place = tmp_path / "files" / name.split("\\")[1]
    place.write_bytes(gzip.compress(binary) if packed else binary)
    manifest = {"FSAMP": {"data_type": "float", "value": RATE}, "MUPULSES": entry}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert_true(read_firings(tmp_path))
    place.unlink()
    with pytest.raises(InputError, match="is missing"):
        read_firings(tmp_path)
    with pytest.raises(InputError, match="not one of openhdemg's"):
        read_firings(tmp_path / "files")


def test_the_units_table_of_nwb_is_read_and_needs_no_pynwb_for_it(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("emg", "emg", start)
    for times in TRUE:
        file.add_unit(spike_times=np.asarray(times, float))
    with pynwb.NWBHDF5IO(str(tmp_path / "u.nwb"), "w") as writer:
        writer.write(file)
    assert_true(read_firings(tmp_path / "u.nwb"))


def test_times_that_an_nwb_file_only_declares_are_not_read(tmp_path):
    """A damaged length: a terabyte of spike times of which not one is in the file."""
    with h5py.File(tmp_path / "u.nwb", "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        file.create_dataset("units/spike_times", (2**37,), "f8", chunks=(2**16,))
        file["units/spike_times_index"] = np.array([3, 5])
        file["units/id"] = np.array([1, 2])
    with pytest.raises(InputError, match="the index of its spike times does not fit them"):
        read_firings(tmp_path / "u.nwb")


def rows():
    return [(k, time) for k, times in enumerate(TRUE, 1) for time in times]


DIALECTS = {
    "comma": ("unit,time_s", "{k},{t:.4f}", "utf-8", "."),
    "byte order mark": ("unit,time_s", "{k},{t:.4f}", "utf-8-sig", "."),
    "semicolon, decimal comma": ("Unit;Time (s)", "{k};{t:.4f}", "cp1252", ","),
    "quoted decimal comma": ("unit,time_s", '{k},"{t:.4f}"', "utf-8", "quoted"),
    "tab": ("unit\ttime_s", "{k}\t{t:.4f}", "utf-8", "."),
    "UTF-16": ("unit\ttime_s", "{k}\t{t:.4f}", "utf-16", "."),
    "UTF-16 without mark": ("unit\ttime_s", "{k}\t{t:.4f}", "utf-16-le", "."),
    "trailing commas": ("unit,time_s,,", "{k},{t:.4f},,", "utf-8", "."),
    "milliseconds": ("unit;Time [ms]", "{k};{ms:.1f}", "utf-8", ","),
    "names of units": ('"mu","time_ms"', '"MU{k}","{ms:.1f}"', "utf-8", "."),
    "floats of R": ('"","unit","time_s"', '"9",{k}.0,{t:.4f}', "utf-8", "."),
    "Excel's separator line": ("sep=;\nunit;time_s", "{k};{t:.4f}", "utf-8", "."),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_tables_of_every_dialect_give_the_same_units(tmp_path, name):
    header, row, encoding, mark = DIALECTS[name]
    lines = [row.format(k=k, t=t, ms=1000 * t) for k, t in rows()]
    if mark != ".":
        lines = [line.replace(".", ",") for line in lines]
    text = "\r\n".join([header, *lines, "", ",," if "trailing" in name else ""])
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert_true(read_firings(tmp_path / "t.csv"))


def test_samples_need_a_rate_which_also_tells_that_times_are_samples(tmp_path):
    for header in ("unit,sample", "unit,time_samples", "unit,time"):
        lines = [f"{k},{t * RATE:.0f}" for k, t in rows()]
        (tmp_path / "t.csv").write_text("\n".join([header, *lines]))
        assert_true(read_firings(tmp_path / "t.csv", RATE))
    (tmp_path / "t.csv").write_text("unit,sample\n1,5\n")
    with pytest.raises(InputError, match="firings-rate"):
        read_firings(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unit,time_min\n1,2\n", "unit of column"),
        ("unit,time_s\n1,0,5\n", "decimal comma"),
        ("unit;time_s\n1;1.00.5\n", "no number"),
        ("unit,time_s\nx,0.5\n", "no number of a unit"),
        ("unit,time_s\n1,0.5\n1,nan\n", "no numbers"),
        ("unit,time_s\n123456,1\n", "no number of a unit"),
        ("a,b\n1,2\n", "a, b"),
    ],
)
def test_tables_that_cannot_be_told_are_refused_with_the_cause(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_firings(tmp_path / "t.csv")


def test_bids_events_are_read_and_units_counted_from_0_are_said(tmp_path):
    path = tmp_path / "sub-01_events.tsv"
    lines = [f"{t}\t0\t{k - 1}\tmotor-unit-spike" for k, t in rows()]
    text = ["onset\tduration\tunit_id\tevent_type", "0.3\tn/a\tn/a\tstart", *lines]
    path.write_text("\n".join(text))
    read = read_emg_units(path)
    assert_true(read.firings)
    assert "unit 0 is called EMG unit 1" in read.warnings[0]


def test_units_without_firings_come_back_from_bids_events(tmp_path):
    from test_write import made

    from kmu.writing import write_result

    units = dataclasses.replace(made(3), firings=[np.array([0.5]), np.zeros(0), np.zeros(0)])
    path = write_result(units, tmp_path / "sub-01.h5", "bids")
    assert [item.tolist() for item in read_firings(path)] == [[0.5], [], []]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("f.csv.gz", gzip.compress(b"unit,time_s\n1,0.5\n", mtime=0), "unpack it"),
        ("f.json", b'{"a": 1}', "no FSAMP"),
        ("f.mat", b"# Created by Octave 8.4", "-v7"),
        ("f.csv", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ("f.xlsx", b"PK\x03\x04" + bytes(100), "neither text nor a known file"),
        (
            "f.mat",
            b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"\x0f\0\0\0\xff\0\0\0",
            "damaged",
        ),
    ],
)
def test_what_holds_no_firings_is_said_with_its_cause(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_firings(tmp_path / name)


def test_firings_outside_the_recording_are_left_out_and_counted():
    read = EmgUnits("f.csv", [np.array([-2.0, -1, 0.5, 3]), np.array([2.0])]).within(2.0)
    assert [item.tolist() for item in read.firings] == [[0.5], [2.0]]
    assert [text.split(" firings")[0] for text in read.warnings] == [
        "f.csv: 2 of 5",
        "f.csv: 1 of 5",
    ]
    assert EmgUnits("f.csv", [np.zeros(0)]).within(2.0).warnings == ()


def test_times_that_cannot_be_seconds_are_said():
    far = EmgUnits("f.csv", [np.array([1.0, 900, 1000])]).within(2.0)
    assert "time_ms" in far.warnings[0]
    with pytest.raises(InputError, match=r"none of the 2 firings.*time_ms"):
        EmgUnits("f.csv", [np.array([900.0, 1000])]).within(2.0)


def test_openhdemg_values_need_not_be_packed_twice(tmp_path):
    (tmp_path / "emg.json").write_text('{"FSAMP": 2048.0, "MUPULSES": [[0, 1024], [2048]]}')
    firings = read_emg_units(tmp_path / "emg.json").firings
    np.testing.assert_allclose(np.concatenate(firings), [0, 0.5, 1])
