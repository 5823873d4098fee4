"""The first noun: what a recording accepts, and that it survives a file."""

import h5py
import numpy as np
import pytest

from kmu.errors import InputError
from kmu.recording import Recording


def test_a_recording_survives_its_file(tmp_path):
    velocity = np.random.default_rng(0).standard_normal((30, 8, 9)).astype(np.float32)
    Recording(velocity, 500, (0.8, 0.3), {"muscle": "biceps"}).save(tmp_path / "r.h5")
    read = Recording.load(tmp_path / "r.h5")
    np.testing.assert_array_equal(read.velocity, velocity)
    assert (read.frame_rate, read.spacing, read.meta) == (500, (0.8, 0.3), {"muscle": "biceps"})
    assert read.duration == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("velocity", "rate", "spacing", "word"),
    [
        (np.ones((5, 5)), 100, (1, 1), "shape"),
        (np.ones((0, 5, 5)), 100, (1, 1), "empty"),
        (np.ones((5, 5, 5)) + 1j, 100, (1, 1), "complex"),
        (np.full((5, 5, 5), "a"), 100, (1, 1), "numbers"),
        (np.full((5, 5, 5), np.nan), 100, (1, 1), "NaN"),
        (np.ones((5, 5, 5)), 0, (1, 1), "frame rate"),
        (np.ones((5, 5, 5)), 100, (1, 0), "spacing"),
        (np.ones((5, 5, 5)), 100, (1, 1, 1), "spacing"),
    ],
)
def test_impossible_recordings_are_refused(velocity, rate, spacing, word):
    with pytest.raises(InputError, match=word):
        Recording(velocity, rate, spacing)


def test_other_newer_and_broken_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Recording.load(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(InputError, match="damaged"):
        Recording.load(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = 1
    with pytest.raises(InputError, match="not a kmu recording"):
        Recording.load(tmp_path / "other.h5")
    Recording(np.ones((3, 3, 3)), 100, (1, 1)).save(tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5", "r+") as file:
        file.attrs["format_version"] = 99
    with pytest.raises(InputError, match="upgrade"):
        Recording.load(tmp_path / "new.h5")


@pytest.mark.parametrize(
    ("attribute", "value", "word"),
    [
        ("spacing", None, "no spacing"),
        ("spacing", "wide", "damaged"),
        ("frame_rate", "fast", "damaged"),
        ("frame_rate", [1.0, 2.0], "damaged"),
        ("meta", "{", "damaged"),
        ("meta", 5, "damaged"),
    ],
)
def test_a_file_with_a_wrong_attribute_is_refused(tmp_path, attribute, value, word):
    Recording(np.ones((3, 3, 3)), 100, (1, 1)).save(tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        del file.attrs[attribute]
        if value is not None:
            file.attrs[attribute] = value
    with pytest.raises(InputError, match=word):
        Recording.load(tmp_path / "r.h5")


def test_a_file_whose_velocity_is_a_group_is_refused(tmp_path):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file.create_group("velocity")
        file.attrs["frame_rate"] = 100.0
        file.attrs["spacing"] = (1.0, 1.0)
    with pytest.raises(InputError, match="damaged"):
        Recording.load(tmp_path / "r.h5")


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "r.h5"
    Recording(np.ones((3, 3, 3)), 100, (1, 1)).save(path)
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises(InputError, match="No space left"):
        Recording(np.zeros((3, 3, 3)), 100, (1, 1)).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
