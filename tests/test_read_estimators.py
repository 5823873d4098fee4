"""IQ and RF frames become velocity, by either estimator."""

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import open_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"frame_rate": 250.0, "spacing": (1.0, 0.5)}


def moving_scatterers(radio_frequency: bool) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Echoes of scatterers that move in depth together; frames, their velocity, rate, dz."""
    rate, dz, centre = 1000.0, 0.05, 5e6
    rng = np.random.default_rng(0)
    time = np.arange(300) / rate
    velocity = 10 * np.sin(2 * np.pi * 8 * time)
    shift = np.concatenate([[0], np.cumsum(velocity[:-1]) / rate])
    depth = np.arange(120) * dz
    at = rng.uniform(-1, 7, (80, 3))
    size = rng.standard_normal((80, 3)) + 1j * rng.standard_normal((80, 3))
    away = depth[None, :, None, None] - at[None, None] - shift[:, None, None, None]
    wave = 2 * np.pi * centre * 2 * 1e-3 / 1540
    echo = np.exp(-((away / 0.3) ** 2))
    frames = np.empty((300, 120, 3), complex)
    for i in range(300):
        frames[i] = (echo[i] * size * np.exp(1j * wave * away[i])).sum(1)
    if radio_frequency:
        return frames.real, velocity, rate, dz
    return frames * np.exp(-1j * wave * depth)[None, :, None], velocity, rate, dz


@pytest.mark.parametrize("estimator", ["kasai", "loupas"])
@pytest.mark.parametrize("kind", ["iq", "rf"])
def test_iq_and_rf_frames_become_velocity(tmp_path, kind, estimator):
    frames, velocity, rate, dz = moving_scatterers(kind == "rf")
    np.save(tmp_path / "r.npy", frames)
    source = open_recording(
        tmp_path / "r.npy", axes="tzx", frame_rate=rate, spacing=(dz, 0.3), kind=kind,
        centre_frequency=5e6, estimator=estimator, check_axes=False,
    )  # fmt: skip
    read = source.load()
    assert read.frame_rate == 200
    assert read.spacing == (pytest.approx(0.3), 0.3)
    # Ten milliseconds of averaging take a little off a sine of 8 Hz.
    expected = velocity[::5]
    found = np.median(read.velocity, axis=(1, 2))
    inside = slice(2, -2)
    assert np.corrcoef(found[inside], expected[inside])[0, 1] > 0.99
    assert np.polyfit(expected[inside], found[inside], 1)[0] == pytest.approx(1, abs=0.12)


def test_iq_must_be_said_and_must_be_complex(tmp_path):
    np.save(tmp_path / "c.npy", VELOCITY.astype(complex))
    np.save(tmp_path / "r.npy", VELOCITY)
    with pytest.raises(InputError, match="--kind iq"):
        open_recording(tmp_path / "c.npy", axes="tzx", **SAID)
    with pytest.raises(InputError, match="not complex"):
        open_recording(tmp_path / "r.npy", axes="tzx", kind="iq", **SAID)
    with pytest.raises(InputError, match="centre frequency"):
        open_recording(tmp_path / "c.npy", axes="tzx", kind="iq", **SAID)
    with pytest.raises(InputError, match="aliased"):
        open_recording(tmp_path / "r.npy", axes="tzx", kind="rf", centre_frequency=7e6, **SAID)


def test_simulated_iq_files_say_everything_themselves(tmp_path):
    frames, velocity, rate, dz = moving_scatterers(False)
    with h5py.File(tmp_path / "iq.h5", "w") as file:
        file["iq"] = np.repeat(frames, 3, axis=2).astype(np.complex64)
        file.attrs.update(kind="iq", format_version=1, frame_rate=rate, spacing=(dz, 0.3))
        file.attrs.update(centre_frequency=5e6, first_frame=-0.005)
    read = open_recording(tmp_path / "iq.h5").load()
    # The first five frames are before time 0.
    expected = velocity[5:][::5][: len(read.velocity)]
    found = np.median(read.velocity, axis=(1, 2))
    assert np.corrcoef(found[2:-2], expected[2:-2])[0, 1] > 0.99
