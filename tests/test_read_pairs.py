"""Statements in one text, JSON or lines of name: value, in a file or beside it."""

import json

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"axes": "tzx", "frame_rate": 250.0, "spacing": [1.0, 0.5]}
IN_METRES = {**SAID, "unit": "m/s"}


def check_right(path, **options):
    read = read_recording(path, **options)
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)
    assert read.frame_rate == pytest.approx(250.0)
    assert read.spacing == pytest.approx((1.0, 0.5))


def hdf5(path, name="velocity", own=None, **attributes):
    with h5py.File(path, "w") as file:
        file[name] = VELOCITY * 1e-3
        file[name].attrs.update(own or {})
        file.attrs.update(attributes)
    return path


TEXT = json.dumps(IN_METRES)
LINES = "unit: m/s\nframe_rate = 250\ndz: 1 mm\ndx: 0.5\naxes: time, depth, lateral\n"


@pytest.mark.parametrize("text", [TEXT, LINES, TEXT.encode(), np.frombuffer(TEXT.encode(), "u1")])
@pytest.mark.parametrize("place", ["file", "array", "group", "dataset"])
def test_a_text_says_what_its_entries_say_wherever_it_stands(tmp_path, text, place):
    path = tmp_path / "r.h5"
    if place == "file":
        hdf5(path, metadata=text)
    elif place == "array":
        hdf5(path, own={"metadata": text})
    else:
        hdf5(path, name="us/velocity")
        with h5py.File(path, "a") as file:
            if place == "group":
                file["us"].attrs["metadata"] = text
            else:
                file["us/metadata"] = text
    check_right(path)


def test_a_text_in_matlab_and_npz_is_opened_too(tmp_path):
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": VELOCITY * 1e-3, "info": TEXT})
    np.savez(tmp_path / "r.npz", TVI=VELOCITY * 1e-3, info=TEXT)
    check_right(tmp_path / "r.mat")
    check_right(tmp_path / "r.npz")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_json_beside_a_recording_speaks_of_it(tmp_path, encoding):
    np.save(tmp_path / "r.npy", VELOCITY * 1e-3)
    (tmp_path / "r.json").write_text(TEXT, encoding=encoding)
    check_right(tmp_path / "r.npy")
    places = open_recording(tmp_path / "r.npy").meta["read_from"]
    assert places["unit"] == "unit in r.json"


def test_a_folder_of_frames_is_described_by_the_json_in_it(tmp_path):
    for number, frame in enumerate(VELOCITY):
        np.save(tmp_path / f"f{number:03d}.npy", frame * 1e-3)
    (tmp_path / "acquisition.json").write_text(json.dumps({**IN_METRES, "axes": "zxt"}))
    check_right(tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        {"spacing": {"axial": 1.0, "lateral": 0.5}},
        {"spacing": {"dx": "500 um", "dz": "0.1 cm"}},
        {"spacing": {"value": [1e-3, 5e-4], "unit": "m"}},
        {"pixel_size": ["1 mm", "0,5 mm"]},
        {"dz": {"value": 1000, "unit": "um"}, "dx": {"value": 0.05, "units": "cm"}},
        {"units": {"dz": "cm", "dx": "m"}, "dz": 0.1, "dx": 5e-4},
    ],
)
def test_numbers_with_units_are_read_in_any_usual_nesting(tmp_path, said):
    np.save(tmp_path / "r.npy", VELOCITY)
    (tmp_path / "r.json").write_text(json.dumps({"axes": "tzx", "frame_rate": 250, **said}))
    check_right(tmp_path / "r.npy")


def test_an_inner_object_of_the_arrays_name_speaks_of_it(tmp_path):
    metadata = json.dumps({"velocity": {"unit": "m/s"}, **SAID})
    check_right(hdf5(tmp_path / "r.h5", metadata=metadata))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"frame_rate": 500}, ("frame_rate = 250", "r.json: frame_rate = 500")),
        ({"unit": "furlong/s"}, ("furlong/s",)),
        ({"kind": "strain"}, ("strain",)),
        ({"dz": "1 parsec"}, ("parsec",)),
        ({"tracking": {"kind": "displacement"}}, ("displacement", "not of what")),
    ],
)
def test_what_json_says_is_taken_by_the_same_rule(tmp_path, said, words):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["velocity"] = VELOCITY
        file.attrs.update(SAID)
    (tmp_path / "r.json").write_text(json.dumps(said))
    with pytest.raises(InputError) as error:
        read_recording(tmp_path / "r.h5")
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\x1f\x8b\x08", b'{"edits": []}'])
def test_json_that_says_nothing_of_the_recording_does_no_harm(tmp_path, content):
    np.save(tmp_path / "r.npy", VELOCITY)
    (tmp_path / "r.json").write_bytes(content)
    check_right(tmp_path / "r.npy", axes="tzx", frame_rate=250.0, spacing=(1.0, 0.5))
