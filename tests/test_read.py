"""Reading: every format and axis order gives the same recording, wrong input one sentence."""

from itertools import permutations
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import read as read_recording
from kmu.recording import Recording

RECORDING, _ = twitching([(6, 5), (16, 14)], seconds=1.2)
ORDERS = ["".join(order) for order in permutations("zxt")]


def ordered(axes: str) -> np.ndarray:
    """The velocity with its axes in the stated order."""
    return RECORDING.velocity.transpose(*("tzx".index(letter) for letter in axes))


def write(folder: Path, form: str, axes: str) -> Path:
    """Stores the recording as a lab would."""
    values = ordered(axes)
    path = folder / f"recording.{form.split('-')[0]}"
    scalars = {"fs": RECORDING.frame_rate, "dz": RECORDING.spacing[0], "dx": RECORDING.spacing[1]}
    if form == "mat-v5":
        scipy.io.savemat(path, {"TVI": values, **scalars}, do_compression=True)
    elif form == "mat-v7.3":
        with h5py.File(path, "w", userblock_size=512) as file:
            # MATLAB writes column by column: HDF5 sees the axes reversed.
            file["TVI"] = values.T
            file["TVI"].attrs["MATLAB_class"] = np.bytes_("single")
            for name, value in scalars.items():
                file[name] = np.array([[value]])
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    elif form == "npy":
        np.save(path, values)
    elif form == "npz":
        np.savez(path, velocity=values, **scalars)
    elif form == "h5":
        with h5py.File(path, "w") as file:
            file["group/velocity"] = values
            file["group"].attrs["comment"] = "none"
            for name, value in scalars.items():
                file[f"group/{name}"] = value
    return path


@pytest.mark.parametrize("axes", ORDERS)
@pytest.mark.parametrize("form", ["mat-v5", "mat-v7.3", "npy", "npz", "h5"])
def test_every_format_and_axis_order_gives_the_same_recording(tmp_path, form, axes):
    path = write(tmp_path, form, axes)
    said = {"frame_rate": 250.0, "spacing": (1.0, 0.5)} if form == "npy" else {}
    read = read_recording(path, axes=axes, **said)
    np.testing.assert_array_equal(read.velocity, RECORDING.velocity)
    assert read.frame_rate == RECORDING.frame_rate
    assert read.spacing == RECORDING.spacing


@pytest.mark.parametrize(("unit", "by"), [("m/s", 1e-3), ("um/s", 1e3), ("mm/s", 1)])
def test_a_recording_that_kmu_read_and_saved_is_in_its_own_unit(tmp_path, unit, by):
    np.save(tmp_path / "r.npy", RECORDING.velocity.transpose(1, 2, 0) * by)
    said = {"axes": "zxt", "frame_rate": 250, "spacing": (1, 0.5), "unit": unit}
    first = read_recording(tmp_path / "r.npy", **said)
    assert first.meta["unit"] == unit
    first.save(tmp_path / "r.h5")
    again = read_recording(tmp_path / "r.h5")
    np.testing.assert_array_equal(again.velocity, first.velocity)
    np.testing.assert_allclose(again.velocity, RECORDING.velocity, rtol=1e-5)


def test_a_recording_of_displacement_that_kmu_saved_is_one_of_velocity(tmp_path):
    moved = np.cumsum(RECORDING.velocity, axis=0, dtype=float) / 250
    np.save(tmp_path / "r.npy", moved)
    said = {"axes": "tzx", "frame_rate": 250, "spacing": (1, 0.5), "kind": "displacement"}
    first = read_recording(tmp_path / "r.npy", **said)
    first.save(tmp_path / "r.h5")
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, first.velocity)


def test_kmu_recordings_say_everything_themselves(tmp_path):
    path = tmp_path / "recording.h5"
    RECORDING.save(path)
    np.testing.assert_array_equal(read_recording(path).velocity, RECORDING.velocity)


def test_options_count_more_than_the_file(tmp_path):
    path = write(tmp_path, "mat-v5", "zxt")
    read = read_recording(path, axes="zxt", frame_rate=500, spacing=(0.5, 0.25))
    assert read.frame_rate == 500
    assert read.spacing == (0.5, 0.25)


def test_axes_can_be_said_by_the_file(tmp_path):
    path = tmp_path / "recording.mat"
    scipy.io.savemat(path, {"V": ordered("xzt"), "fs": 250.0, "spacing": [1.0, 0.5], "axes": "xzt"})
    np.testing.assert_array_equal(read_recording(path).velocity, RECORDING.velocity)


@pytest.mark.parametrize("dtype", ["float64", ">f4", "int16", "float16"])
def test_number_types_are_converted(tmp_path, dtype):
    values = (100 * RECORDING.velocity).astype(dtype)
    np.save(tmp_path / "recording.npy", values)
    said = ("recording", "tzx", 250, (1.0, 0.5))
    read = read_recording(tmp_path / "recording.npy", *said, unit="mm/s")
    np.testing.assert_array_equal(read.velocity, values.astype(np.float32))
    assert read.velocity.dtype == np.float32


def refused(path: Path, **options: object) -> str:
    """The sentence with which a file is refused."""
    options = {"axes": "tzx", "frame_rate": 250.0, "spacing": (1.0, 0.5), **options}
    with pytest.raises(InputError) as error:
        read_recording(path, **options)
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


def test_missing_statements_are_asked_for(tmp_path):
    np.save(tmp_path / "r.npy", RECORDING.velocity)
    assert "--axes" in refused(tmp_path / "r.npy", axes=None)
    assert "--frame-rate" in refused(tmp_path / "r.npy", frame_rate=None)
    assert "--spacing" in refused(tmp_path / "r.npy", spacing=None)


def test_missing_and_unknown_files_are_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "none.mat")
    (tmp_path / "text.mat").write_text("hello")
    (tmp_path / "empty.npy").write_bytes(b"")
    assert "not a recording" in refused(tmp_path / "text.mat")
    assert "empty" in refused(tmp_path / "empty.npy")
    assert refused(tmp_path)


def test_a_variable_must_be_named_where_several_could_be_meant(tmp_path):
    path = tmp_path / "r.npz"
    np.savez(path, a=RECORDING.velocity, b=2 * RECORDING.velocity, text=np.array("hello"))
    assert "--variable" in refused(path)
    assert "no variable 'c'" in refused(path, variable="c")
    assert refused(path, variable="text")
    assert read_recording(path, "b", "tzx", 250, (1, 0.5)).velocity.shape == (300, 24, 40)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (RECORDING.velocity + 1j, "IQ"),
        (np.full((300, 24, 40), 3.0), "constant"),
        (np.zeros((300, 24, 40)), "constant"),
        (np.where(RECORDING.velocity > 1e9, 0, np.nan), "NaN"),
        (np.zeros((0, 24, 40)), "empty"),
        (np.array(3.0), "shape"),
        (RECORDING.velocity[0], "shape"),
        (np.full((300, 24, 40), "1.5"), "numbers"),
        (np.ones((300, 24, 40), bool), "numbers"),
    ],
)
def test_arrays_that_are_no_recording_are_refused(tmp_path, values, word):
    np.savez(tmp_path / "r.npz", velocity=values)
    assert word in refused(tmp_path / "r.npz", variable="velocity")


@pytest.mark.parametrize("axes", ["zx", "zxtt", "abc", "zzt", "", "z-x-t"])
def test_axes_must_be_an_order_of_three_letters(tmp_path, axes):
    np.save(tmp_path / "r.npy", RECORDING.velocity)
    assert "zxt" in refused(tmp_path / "r.npy", axes=axes)


@pytest.mark.parametrize(
    "options",
    [
        {"frame_rate": 0.0},
        {"frame_rate": -5.0},
        {"frame_rate": float("nan")},
        {"spacing": (0.0, 0.3)},
        {"spacing": (0.0003, 0.0003)},
        {"spacing": (float("nan"), 0.3)},
        {"frame_rate": 5000.0},
    ],
)
def test_impossible_rates_and_spacings_are_refused(tmp_path, options):
    np.save(tmp_path / "r.npy", RECORDING.velocity)
    assert refused(tmp_path / "r.npy", **options)


@pytest.mark.parametrize("wrong", ["ztx", "zxt", "xzt", "xtz"])
def test_time_taken_for_space_is_caught(wrong):
    # Nothing but what the values do along each axis tells the order of a cube like this one.
    recording, _ = twitching([(10, 10), (20, 16)], 1.0, (100, 100), 100.0, (0.4, 0.4), noise=0.05)
    from kmu.reading.axes import check_rest

    order = ["tzx".index(letter) for letter in wrong]
    check_rest(recording.velocity, "tzx")
    with pytest.raises(InputError, match="--trust-axes"):
        check_rest(recording.velocity.transpose(order), "tzx")


def test_noise_and_drift_are_never_refused_for_their_axes():
    from kmu.reading.axes import check_rest

    rng = np.random.default_rng(1)
    drift = np.linspace(0, 3, 80)[:, None, None]
    for level in (0, 0.5, 5, 50):
        for _ in range(20):
            noise = rng.standard_normal((80, 30, 40)).astype(np.float32)
            check_rest((level * drift + noise).astype(np.float32), "tzx")


def test_exchanged_depth_and_lateral_are_caught_by_their_extent(tmp_path):
    values = np.random.default_rng(0).standard_normal((300, 50, 128)).astype(np.float32)
    np.save(tmp_path / "r.npy", values)
    assert "exchanged" in refused(tmp_path / "r.npy", axes="txz", spacing=(0.8, 0.3))
    read = read_recording(tmp_path / "r.npy", None, "txz", 250, (0.8, 0.3), check_axes=False)
    assert read.velocity.shape == (300, 128, 50)


@pytest.mark.parametrize("form", ["mat-v5", "mat-v7.3", "npy", "npz", "h5"])
def test_truncated_files_are_refused(tmp_path, form):
    path = write(tmp_path, form, "tzx")
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.7, 0.98):
        path.write_bytes(whole[: int(share * len(whole))])
        assert refused(path)


def test_frames_can_be_read_without_the_rest(tmp_path):
    from kmu.reading import open_recording

    for form in ("mat-v5", "mat-v7.3", "npz", "h5"):
        source = open_recording(write(tmp_path, form, "xzt"), axes="xzt")
        assert source.shape == RECORDING.velocity.shape
        np.testing.assert_array_equal(source.frames(37, 91), RECORDING.velocity[37:91])


def test_loading_gives_a_recording(tmp_path):
    path = write(tmp_path, "npz", "tzx")
    assert isinstance(read_recording(path, axes="tzx"), Recording)
