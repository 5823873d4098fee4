"""Broken files: one sentence and exit code 2, or a right result; never a wrong one or a crash."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching
from test_read import RECORDING, write

from kmu.cli import main
from kmu.errors import InputError
from kmu.reading import read as read_recording

SAID = {"axes": "tzx", "frame_rate": 250.0, "spacing": (1.0, 0.5)}


def check_sentence(error: InputError, word: str = "") -> None:
    """One line that says what is expected."""
    assert "\n" not in str(error)
    assert word in str(error)


def right_or_refused(path: Path, **options: object) -> bool:
    """Whether a file is read; if so what was read must be right."""
    try:
        read = read_recording(path, **{**SAID, **options})
    except InputError as error:
        check_sentence(error)
        return False
    np.testing.assert_array_equal(read.velocity, RECORDING.velocity)
    return True


@pytest.mark.parametrize("form", ["mat-v5", "mat-v7.3", "npy", "npz", "h5"])
def test_files_truncated_at_fifty_places_are_refused(tmp_path, form):
    path = write(tmp_path, form, "tzx")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    read = 0
    for end in rng.integers(0, len(whole), 50):
        path.write_bytes(whole[:end])
        read += right_or_refused(path)
    # The last bytes of some formats hold nothing that is needed.
    assert read <= 1


@pytest.mark.parametrize("form", ["mat-v5", "mat-v7.3", "npy", "npz", "h5"])
def test_damaged_headers_never_crash(tmp_path, form):
    path = write(tmp_path, form, "tzx")
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(40):
        broken = bytearray(whole)
        for at in rng.integers(0, min(2048, len(whole)), 4):
            broken[at] = rng.integers(256)
        path.write_bytes(bytes(broken))
        try:
            read_recording(path, **SAID)
        except InputError as error:
            check_sentence(error)


ODD = {
    "big-endian": (RECORDING.velocity.astype(">f4"), True),
    "float64": (RECORDING.velocity.astype(float), True),
    "text": (RECORDING.velocity[:30].astype(str), False),
    "bool": (RECORDING.velocity > 0, False),
    "0-d": (np.array(1.0), False),
    "empty": (np.zeros((0, 24, 40)), False),
    "2-d": (RECORDING.velocity[0], False),
    "4-d": (np.stack([RECORDING.velocity] * 2), False),
    "dates": (np.zeros((300, 24, 40), "datetime64[s]"), False),
    "structured": (np.zeros((300, 24, 40), [("a", float)]), False),
    "all NaN": (np.full((300, 24, 40), np.nan), False),
    "constant": (np.full((300, 24, 40), 1e-3), False),
    "huge": (np.full((300, 24, 40), 1e300), False),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_arrays_are_read_right_or_refused(tmp_path, odd):
    values, readable = odd
    np.save(tmp_path / "r.npy", values)
    assert right_or_refused(tmp_path / "r.npy") == readable
    np.savez(tmp_path / "r.npz", velocity=values)
    assert right_or_refused(tmp_path / "r.npz", variable="velocity") == readable


@pytest.mark.parametrize(
    "wrong",
    [{"fs": "250"}, {"fs": [1.0, 2.0]}, {"fs": 0.0}, {"fs": np.nan}, {"dz": "1"}, {"dx": -1.0}],
)
def test_odd_numbers_in_a_file_are_refused(tmp_path, wrong):
    right = {"fs": 250.0, "dz": 1.0, "dx": 0.5}
    scipy.io.savemat(tmp_path / "r.mat", {"TVI": RECORDING.velocity, **right, **wrong})
    with pytest.raises(InputError):
        read_recording(tmp_path / "r.mat", axes="tzx")


def test_random_gaps_give_the_right_recording_or_are_refused(tmp_path):
    velocity = twitching([(6, 5)], seconds=2, noise=0.0)[0].velocity + 0.01
    rng = np.random.default_rng(2)
    refused: list[tuple[bool, bool]] = []
    for void in (0.0, np.nan):
        for _ in range(10):
            values = velocity.copy()
            start, length = rng.integers(1, 450), rng.integers(1, 40)
            values[start : start + length] = void
            np.save(tmp_path / "r.npy", values)
            try:
                read = read_recording(tmp_path / "r.npy", **SAID)
            except InputError as error:
                check_sentence(error, "only NaN")
                refused.append((np.isnan(void), length > 12))
                continue
            assert read.meta["warnings"]
            outside = np.setdiff1d(np.arange(500), np.arange(start, start + length))
            np.testing.assert_array_equal(read.velocity[outside], velocity[outside])
            if length <= 3:
                np.testing.assert_allclose(read.velocity, velocity, atol=0.2)
    # Only long gaps of NaN are refused.
    assert refused
    assert all(is_nan and is_long for is_nan, is_long in refused)


def test_pickles_are_never_opened(tmp_path):
    np.save(tmp_path / "r.npy", np.array([RECORDING], object), allow_pickle=True)
    with pytest.raises(InputError):
        read_recording(tmp_path / "r.npy", **SAID)


def test_the_command_never_shows_a_traceback(tmp_path):
    path = write(tmp_path, "mat-v5", "zxt")
    path.write_bytes(path.read_bytes()[:9000])
    out = tmp_path / "out.h5"
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"")
    command = [sys.executable, "-m", "kmu", "identify", str(path), "--axes", "zxt"]
    command += ["--model", str(tmp_path / "model"), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()
    assert main(["inspect", str(path)]) == 2
