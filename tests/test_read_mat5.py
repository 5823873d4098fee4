"""MATLAB v5 files as labs have them: objects beside the data, nesting, and what is none."""

import gzip
import struct
import zipfile

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import contents, open_recording
from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"fs": 250.0, "dz": 1.0, "dx": 0.5}


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def an_object(name: str, of_class: str) -> bytes:
    """An object as MATLAB saves it: no dimensions, a name, the system's and the class's name."""
    texts = (element(1, text.encode()) for text in (name, "MCOS", of_class))
    inner = element(6, struct.pack("<II", 13, 0)) + element(5, struct.pack("<ii", 6, 1))
    inner += element(1, b"") + element(6, np.array([0xDD000000, 2, 1, 1, 1, 1], "<u4").tobytes())
    return element(14, element(6, struct.pack("<II", 17, 0)) + b"".join(texts) + element(14, inner))


def add_object(path, name, of_class):
    raw = path.read_bytes()
    path.write_bytes(raw[:128] + an_object(name, of_class) + raw[128:] + an_object("b", "table"))


@pytest.mark.parametrize("compressed", [True, False])
def test_objects_beside_the_data_are_passed_by(tmp_path, compressed):
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, {"TVI": VELOCITY, **SAID}, do_compression=compressed)
    add_object(path, "acquired", "datetime")
    np.testing.assert_array_equal(read_recording(path, axes="tzx").velocity, VELOCITY)
    assert contents(path).unreadable == {"acquired": "MATLAB datetime", "b": "MATLAB table"}


def test_a_unit_that_is_an_object_is_asked_for(tmp_path):
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, {"TVI": VELOCITY / 1000, **SAID})
    add_object(path, "unit", "string")
    with pytest.raises(InputError, match=r"'unit' is a MATLAB string.*--unit"):
        open_recording(path, axes="tzx")
    read = read_recording(path, axes="tzx", unit="m/s")
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)


def test_structs_and_cells_are_opened_at_any_depth(tmp_path):
    trials = np.empty((1, 2), [("TVI", object), ("fs", object)])
    trials[0, 0], trials[0, 1] = (VELOCITY, 500.0), (2 * VELOCITY, 250.0)
    cell = np.empty((2, 2), object)
    for i in range(4):
        cell.T.flat[i] = (i + 1) * VELOCITY  # MATLAB counts down the columns
    said = {"trials": trials, "data": {"us": {"TVI": cell, **SAID}}}
    scipy.io.savemat(tmp_path / "r.mat", said)
    read = read_recording(tmp_path / "r.mat", "trials(2).TVI", "tzx", spacing=(1.0, 0.5))
    np.testing.assert_array_equal(read.velocity, 2 * VELOCITY)
    assert read.frame_rate == 250
    read = read_recording(tmp_path / "r.mat", "data.us.TVI{3}", "tzx")
    np.testing.assert_array_equal(read.velocity, 3 * VELOCITY)
    assert read.spacing == (1.0, 0.5)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"# Created by Octave 8.4.0\n# name: TVI\n", "Octave"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "Git LFS"),
        (b"\n<!DOCTYPE html><html><body>Please log in</body></html>" + b" " * 200, "web page"),
        (gzip.compress(bytes(1000), mtime=0), "gunzip"),
        (b"CDF\x01" + bytes(200), "nccopy"),
        (bytes(4096), "zeros"),
        (b" 1.0e+00 2.5e-01\n" * 40, "-ascii"),
        (b"\x80\x02}q\x00", "pickle"),
        (b"/annex/objects/MD5E-s1--d4.mat\n", "git annex get"),
        (b"II+\x00" + bytes([1]) * 300, "TIFF"),
        (bytes([0, 0, 0, 24]) + b"ftypmp42" + b"x" * 300, "MP4"),
        (b"\x5c\x01" + b"x" * 342 + b"n+1\x00", "NIfTI"),
        (b"SQLite format 3\x00" + b"x" * 300, "SQLite"),
    ],
)
def test_what_the_name_does_not_say_is_told_by_the_first_bytes(tmp_path, content, cause):
    (tmp_path / "r.mat").write_bytes(content)
    with pytest.raises(InputError, match=cause) as error:
        open_recording(tmp_path / "r.mat")
    assert "damaged" not in str(error.value)


def test_a_link_to_a_file_that_was_not_fetched_says_so(tmp_path):
    (tmp_path / "r.mat").symlink_to(".git/annex/objects/aa/MD5E-s1--d4.mat")
    with pytest.raises(InputError, match=r"link to .*which is not there"):
        open_recording(tmp_path / "r.mat")


def test_version_4_and_archives_are_named(tmp_path):
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": VELOCITY[0].astype(float)}, format="4")
    with pytest.raises(InputError, match="version 4"):
        open_recording(tmp_path / "r.mat")
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("trial.mat", b"x")
    with pytest.raises(InputError, match="unpack it"):
        open_recording(tmp_path / "r.zip")


def test_arrays_with_headers_of_any_version_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "r.npz", "w") as archive, archive.open("v.npy", "w") as file:
        np.lib.format.write_array(file, VELOCITY, version=(3, 0))
    read = read_recording(tmp_path / "r.npz", "v", "tzx", 250.0, (1.0, 0.5))
    np.testing.assert_array_equal(read.velocity, VELOCITY)


@pytest.mark.parametrize("shape", [(0, 100), (100, 0), (0, 3)])
def test_a_size_that_is_empty_is_refused_in_one_sentence(tmp_path, shape):
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, {"TVI": VELOCITY, "fs": 250.0, "dx": 0.5, "axes": "tzx"})
    # As MATLAB writes it, with values of no length; SciPy leaves them out.
    inner = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", *shape))
    empty = element(14, inner + element(1, b"dz") + element(9, b""))
    path.write_bytes(path.read_bytes() + empty)
    sentence = rf"'dz' should be one number but is an array of shape \({shape[0]}, {shape[1]}\)"
    with pytest.raises(InputError, match=sentence):
        read_recording(path)
