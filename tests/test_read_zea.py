"""Files that zea itself writes."""

import os

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
