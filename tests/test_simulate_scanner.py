import h5py
import numpy as np
import pytest

from kmu.config import SIMULATION_PRESETS
from kmu.errors import InputError
from kmu.simulation import simulate
from kmu.simulation.iq import IQStream, write_iq
from kmu.simulation.scene import Scene, resolve
from kmu.studies.levels import STILL, WHITE_SHARE, noise_of, statistics
from kmu.velocity.estimation import band_pass, velocity_from_iq

SMALL = {"depth_pixels": 24, "lateral_pixels": 24, "spacing": (0.6, 0.6), "high_pass": (0.0, 0.0)}


@pytest.fixture(scope="module", params=list(WHITE_SHARE))
def noises(request):
    """Noise of both levels (T, Z, X) for IQ frames of one signal-to-noise ratio."""
    return {
        level: noise_of(level, request.param, duration=3.0, **SMALL)
        for level in ("speckle", "fast")
    }


def test_both_levels_have_the_same_noise_spectrum(noises):
    spectra = {level: statistics(noise)["spectrum"] for level, noise in noises.items()}
    assert spectra["speckle"][-1] > 3 * spectra["speckle"][0]  # it rises with frequency
    np.testing.assert_allclose(spectra["fast"], spectra["speckle"], rtol=0.25, atol=0.05)


def test_both_levels_have_the_same_correlation_in_space(noises):
    found = {level: statistics(noise) for level, noise in noises.items()}
    for axis in ("depth", "lateral"):
        np.testing.assert_allclose(found["fast"][axis], found["speckle"][axis], atol=0.12)
    assert found["speckle"]["depth"][0] > 0.3


def test_both_levels_err_alike_where_the_echo_is_dark(noises):
    sizes = {level: statistics(noise)["sizes"] for level, noise in noises.items()}
    np.testing.assert_allclose(sizes["fast"], sizes["speckle"], rtol=0.15)
    # And the dark places stay where they are: first and second half agree.
    for noise in noises.values():
        halves = [np.log(half.std(0)).ravel() for half in np.split(noise, 2)]
        assert np.corrcoef(*halves)[0, 1] > 0.5


def test_the_fixed_error_of_moving_speckle_lies_in_the_range_of_the_fast_level():
    config = resolve("speckle", iq_snr=(60.0, 60.0), duration=1.0, **{**SMALL, "units": (4, 8)})
    low, high = SIMULATION_PRESETS["low_force"].scanner.speckle_gain
    errors = []
    for seed in range(3):
        scene = Scene.draw(config, seed)
        frames = np.arange(100) / 100.0
        size = scene.size()
        true = scene.units_velocity(frames)[0] + scene.common_velocity(frames, size)
        seen = IQStream(scene, size).velocity()
        gain = (true * seen).sum(0) / (true**2).sum(0)
        smooth = (true**2).mean(0) > np.median((true**2).mean(0))
        errors.append((np.percentile(gain[smooth], 84) - np.percentile(gain[smooth], 16)) / 2)
        assert np.median(gain) == pytest.approx(1.0, abs=0.05)
    assert 0.5 * low < np.median(errors) < 1.2 * high


def test_speckle_is_fully_developed_and_at_the_asked_ratio_to_the_noise():
    config = resolve("speckle", iq_snr=(10.0, 10.0), duration=0.1, **{**STILL, **SMALL})
    frames = np.concatenate(list(IQStream(Scene.draw(config, 0), 0.1).blocks()))
    mean, still = frames.mean(0), np.abs(frames.mean(0))
    assert still.mean() / still.std() == pytest.approx(1.91, rel=0.1)  # Rayleigh
    ratio = (still**2).mean() / (np.abs(frames - mean) ** 2).mean()
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=1.0)


def test_iq_frames_written_give_the_recording_of_the_same_seed(tmp_path):
    path = tmp_path / "iq.h5"
    changes = {**SMALL, "duration": 0.3, "high_pass": (5.0, 5.0)}
    recording, _ = simulate("speckle", seed=2, **changes)
    write_iq(path, "speckle", 2, **changes)
    with h5py.File(path) as file:
        velocity = velocity_from_iq(
            file["iq"][()],
            float(file.attrs["frame_rate"]),
            float(file.attrs["spacing"][0]),
            float(file.attrs["centre_frequency"]),
        )
    rows, columns = velocity.shape[1] // 24, velocity.shape[2] // 24
    pixels = velocity.reshape(30, 24, rows, 24, columns).mean((2, 4))
    np.testing.assert_allclose(band_pass(pixels, 100.0, 5.0, np.inf), recording.velocity, atol=1e-4)


def test_both_levels_show_the_same_muscle():
    changes = {**SMALL, "units": (3, 6), "duration": 1.0, "drift": (0.0, 0.0)}
    speckle, true = simulate("speckle", seed=4, iq_snr=(30.0, 30.0), **changes)
    fast, same = simulate("speckle", seed=4, level="fast", snr=(30.0, 30.0), **changes)
    np.testing.assert_array_equal(true.territory, same.territory)
    assert [list(times) for times in true.firings] == [list(times) for times in same.firings]
    assert np.corrcoef(speckle.velocity.ravel(), fast.velocity.ravel())[0, 1] > 0.85


def test_the_fast_level_has_the_asked_ratio_of_units_to_noise():
    common = {"drift": (0, 0), "pulse": (0, 0), "tremor": (0, 0), "shape_change": (0, 0)}
    clean, _ = simulate("low_force", seed=1, snr=(120, 120), high_pass=(0, 0), **common)
    noisy, _ = simulate("low_force", seed=1, snr=(10, 10), high_pass=(0, 0), **common)
    ratio = clean.velocity.var() / (noisy.velocity - clean.velocity).var()
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=1.0)


def test_velocities_beyond_the_limit_wrap_around_at_the_fast_level():
    slow, _ = simulate("tiny", seed=1, iq_frame_rate=100.0, snr=(120, 120), high_pass=(0, 0))
    fast, _ = simulate("tiny", seed=1, snr=(120, 120), high_pass=(0, 0), iq_frame_rate=1000.0)
    limit = 1540.0 * 100.0 / (4 * 5e6) * 1e3  # of the lowest centre frequency
    assert np.abs(fast.velocity).max() < limit  # nothing to wrap: the same recording
    np.testing.assert_allclose(slow.velocity, fast.velocity, atol=1e-3)
    strong, _ = simulate(
        "tiny",
        seed=1,
        iq_frame_rate=100.0,
        snr=(120, 120),
        high_pass=(0, 0),
        peak_velocity=(20, 20),
    )
    assert np.abs(strong.velocity).max() <= limit * 1.01


def test_an_iq_rate_that_is_no_multiple_is_refused():
    with pytest.raises(InputError, match="multiple"):
        simulate("speckle", seed=1, iq_frame_rate=250.0, **SMALL)


def test_next_to_no_speckle_is_none():
    none, next_to = (simulate("tiny", seed=2, speckle_looks=(x, x))[0] for x in (0.0, 3e-308))
    np.testing.assert_array_equal(next_to.velocity, none.velocity)
