"""Files that zea itself writes."""

import os

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity


@pytest.mark.parametrize(
    ("compression", "each_frame"), [(None, False), ("gzip", False), ("gzip", True)]
)
def test_tissue_doppler_by_zeas_own_writer_says_everything(tmp_path, compression, each_frame):
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    zea = pytest.importorskip("zea")
    if compression is None:
        pytest.importorskip("hdf5plugin")
    frames, depth, width = VELOCITY.shape
    z, x = np.meshgrid(np.arange(depth) * 1e-3, np.arange(width) * 5e-4, indexing="ij")
    at = np.stack([x, np.zeros_like(x), z], -1).astype(np.float32)
    one = np.zeros(1, np.float32)
    scan = {
        "initial_times": one,
        "polar_angles": one,
        "focus_distances": one,
        "transmit_origins": np.zeros((1, 3), np.float32),
        "t0_delays": np.zeros((1, 4), np.float32),
        "tx_apodizations": np.ones((1, 4), np.float32),
        "time_to_next_transmit": np.full((frames, 1), 0.004, np.float32),
        "center_frequency": np.float32(7e6),
        "demodulation_frequency": np.float32(7e6),
        "sampling_frequency": np.float32(3e7),
    }
    doppler = {
        "values": VELOCITY / np.float32(1000),
        "coordinates": np.repeat(at[None], frames, 0) if each_frame else at,
        "unit": "m/s",
    }
    zea.File.create(
        tmp_path / "r.hdf5",
        data={"tissue_doppler": doppler},
        scan=scan,
        probe={"name": "verasonics_l11_4v", "probe_geometry": np.zeros((4, 3), np.float32)},
        us_machine="vantage",
        description="made",
        overwrite=True,
        ignore_warnings=True,
        **({} if compression is None else {"compression": compression}),
    )
    read = read_recording(tmp_path / "r.hdf5")
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5, atol=1e-6)
    assert read.frame_rate == pytest.approx(250)
    np.testing.assert_allclose(read.spacing, (1.0, 0.5), rtol=1e-5)


def test_phases_are_counted_from_the_frequency_that_the_file_says_iq_was_demodulated_at(tmp_path):
    depth, spacing, centre = np.arange(64), 1e-4, 5e6
    moved = 0.02e-3 * np.sin(2 * np.pi * 10 * np.arange(300) / 1000)
    echoes = np.exp(-1j * 4 * np.pi * centre / 1540 * moved)[:, None, None] * np.ones((1, 64, 8))
    # The same echoes demodulated 1 MHz lower turn along depth.
    turn = np.exp(4j * np.pi * 1e6 * depth * spacing / 1540)[:, None]

    def velocity(frames, demodulated):
        path = tmp_path / f"{demodulated:g}.hdf5"
        with h5py.File(path, "w") as file:
            file.attrs["zea_version"] = "0.0.12"
            pixels = np.stack([frames.real, frames.imag], -1).astype(np.float32)
            file["data/beamformed_data"] = 20 * pixels  # frames, z, x, I and Q
            scan = {
                "center_frequency": centre,
                "demodulation_frequency": demodulated,
                "sound_speed": 1540.0,
                "time_to_next_transmit": np.full((300, 1), 0.001),
                "zlims": [0, 63 * spacing],
                "xlims": [0, 7 * 5e-4],
            }
            for name, value in scan.items():
                file[f"scan/{name}"] = np.asarray(value, np.float32)
        return read_recording(path, estimator="loupas").velocity

    plain, lower = velocity(echoes, centre), velocity(echoes * turn, centre - 1e6)
    assert np.abs(plain).max() > 1
    np.testing.assert_allclose(lower[:, 3:-3], plain[:, 3:-3], rtol=1e-3, atol=1e-3)
