"""Axes, positions and rates that HDF5 keeps elsewhere than in attributes of the array."""

from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
NAMES = ("time", "depth", "lateral")


def netcdf(path, positions=True, **changed):
    """A netCDF file of the library's own writer; ``changed`` units of coordinates."""
    h5netcdf = pytest.importorskip("h5netcdf")
    positions_of = (np.arange(300) / 250, np.arange(24) / 1e3, np.arange(40) / 2)
    values = dict(zip(NAMES, positions_of, strict=True))
    units = {"time": "s", "depth": "m", "lateral": "mm", **changed}
    with h5netcdf.File(path, "w") as file:
        file.dimensions = dict(zip(NAMES, VELOCITY.shape, strict=True))
        if positions:
            for name in NAMES:
                axis = file.create_variable(name, (name,), data=values[name])
                axis.attrs["units"] = units[name]
        data = file.create_variable("v", ("depth", "lateral", "time"), "f4")
        data[...] = VELOCITY.transpose(1, 2, 0)
        data.attrs["units"] = "mm s-1"
    return path


def test_netcdf_says_axes_pixels_and_times_by_its_coordinates(tmp_path):
    read = open_recording(netcdf(tmp_path / "r.nc"))
    np.testing.assert_array_equal(read.frames(0, 300), VELOCITY)
    assert read.frame_rate == pytest.approx(250)
    assert read.spacing == pytest.approx((1.0, 0.5))
    assert read.meta["read_from"]["spacing"] == (
        "the positions along depth and the positions along lateral"
    )


@pytest.mark.parametrize(
    ("unit", "seconds"), [("ms", 1e-3), ("seconds since 2024-01-01 10:00:00", 1.0), ("us", 1e-6)]
)
def test_netcdf_times_in_any_unit(tmp_path, unit, seconds):
    path = netcdf(tmp_path / "r.nc", time=unit)
    with h5py.File(path, "r+") as file:
        file["time"][...] = np.arange(300) / 250 / seconds
    assert open_recording(path).frame_rate == pytest.approx(250)


def test_times_in_an_unknown_unit_are_no_seconds(tmp_path):
    with pytest.raises(InputError, match=r"times of its frames in 'fortnights'.*--frame-rate"):
        open_recording(netcdf(tmp_path / "r.nc", time="fortnights"))


@pytest.mark.parametrize("change", [{"positions": False}, {"depth": "pixels"}, {"lateral": "deg"}])
def test_positions_that_tell_no_length_are_asked_for(tmp_path, change):
    path = netcdf(tmp_path / "r.nc", **change)
    with pytest.raises(InputError, match="--spacing"):
        open_recording(path, frame_rate=250)
    read = read_recording(path, frame_rate=250, spacing=(1, 0.5))
    np.testing.assert_array_equal(read.velocity, VELOCITY)


def test_names_of_axes_and_an_attribute_that_differs_are_refused(tmp_path):
    path = netcdf(tmp_path / "r.nc")
    with h5py.File(path, "r+") as file:
        file["v"].attrs["axes"] = "xzt"
    with pytest.raises(InputError, match=r"contradicts itself: .*zxt.*xzt|.*xzt.*zxt"):
        open_recording(path)


def test_labels_of_hdf5_name_the_axes(tmp_path):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        data = file.create_dataset("v", data=VELOCITY.transpose(2, 0, 1))
        for axis, name in enumerate(("Lateral", "Time", "Depth")):
            data.dims[axis].label = name
        file.attrs.update(fs=250.0, dz=1.0, dx=0.5)
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)


def test_a_series_of_nwb_says_rate_unit_and_conversion(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    file = pynwb.NWBFile("a trial", "1", datetime.now(UTC))
    counts = np.round(VELOCITY * 1000).astype(np.int16)
    file.add_acquisition(
        pynwb.TimeSeries(name="velocity", data=counts, unit="m/s", rate=250.0, conversion=1e-6)
    )
    file.add_acquisition(
        pynwb.TimeSeries(name="emg", data=np.zeros((600, 8)), unit="V", rate=2048.0)
    )
    with pynwb.NWBHDF5IO(str(tmp_path / "r.nwb"), "w") as writer:
        writer.write(file)
    with pytest.raises(InputError, match="--axes"):
        open_recording(tmp_path / "r.nwb")
    read = open_recording(tmp_path / "r.nwb", axes="tzx", spacing=(1.0, 0.5))
    assert read.frame_rate == 250
    np.testing.assert_allclose(read.frames(0, 300), counts / 1000, atol=1e-6)


def test_a_series_of_nwb_with_timestamps(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    file = pynwb.NWBFile("a trial", "1", datetime.now(UTC))
    file.add_acquisition(
        pynwb.TimeSeries(name="v", data=VELOCITY, unit="mm/s", timestamps=np.arange(300) / 250)
    )
    with pynwb.NWBHDF5IO(str(tmp_path / "r.nwb"), "w") as writer:
        writer.write(file)
    read = open_recording(tmp_path / "r.nwb", axes="tzx", spacing=(1.0, 0.5))
    assert read.frame_rate == pytest.approx(250)
