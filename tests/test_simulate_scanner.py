import h5py
import numpy as np
import pytest

from kmu.config import SIMULATION_PRESETS
from kmu.errors import InputError
from kmu.simulate import simulate
from kmu.simulate.iq import IQStream, write_iq
from kmu.simulate.scene import Scene, resolve
from kmu.velocity import band_pass, velocity_from_iq

SMALL = {"depth_pixels": 24, "lateral_pixels": 24, "spacing": (0.6, 0.6), "high_pass": (0.0, 0.0)}
QUIET = {
    "units": (0, 0),
    "drift": (0.0, 0.0),
    "pulse": (0.0, 0.0),
    "tremor": (0.0, 0.0),
    "shape_change": (0.0, 0.0),
    "depth_loss": (0.0, 0.0),
    "centre_frequency": (7.0, 7.0),
    "f_number": (1.5, 1.5),
    "beam_width": (0.446, 0.446),  # of that scanner
}
# What of the speckle level's noise goes with the signal-to-noise ratio of its IQ frames.
MATCHED = {10.0: {"white_noise": (0.40, 0.40)}, 20.0: {"white_noise": (0.075, 0.075)}}


@pytest.fixture(scope="module", params=[10.0, 20.0])
def noises(request):
    """Noise of both levels (T, Z, X) for IQ frames of one signal-to-noise ratio."""
    snr = request.param
    common = {**SMALL, **QUIET, "duration": 3.0}
    speckle, _ = simulate("speckle", seed=1, iq_snr=(snr, snr), **common)
    fast, _ = simulate(
        "speckle", seed=1, level="fast", speckle_looks=(5.0, 7.0), **MATCHED[snr], **common
    )
    return {
        "speckle": speckle.velocity - speckle.velocity.mean(0),
        "fast": fast.velocity - fast.velocity.mean(0),
    }


def test_both_levels_have_the_same_noise_spectrum(noises):
    spectra = {}
    for level, noise in noises.items():
        power = np.abs(np.fft.rfft(noise, axis=0)[1:]) ** 2
        power = (power / power.mean(0)).mean((1, 2))
        spectra[level] = power.reshape(5, -1).mean(1)
    assert spectra["speckle"][-1] > 3 * spectra["speckle"][0]  # it rises with frequency
    np.testing.assert_allclose(spectra["fast"], spectra["speckle"], rtol=0.25, atol=0.05)


def test_both_levels_have_the_same_correlation_in_space(noises):
    def correlation(noise, lag, axis):
        noise = noise / noise.std(0)
        near = np.moveaxis(noise, axis, 0)
        return (near[lag:] * near[: len(near) - lag]).mean()

    for axis, lags in ((1, (1, 2, 3)), (2, (1, 2))):
        for lag in lags:
            fast, speckle = (correlation(noises[name], lag, axis) for name in ("fast", "speckle"))
            assert fast == pytest.approx(speckle, abs=0.12)
    assert correlation(noises["speckle"], 1, 1) > 0.3


def test_both_levels_err_alike_where_the_echo_is_dark(noises):
    sizes = {name: noise.std(0) / noise.std(0).mean() for name, noise in noises.items()}
    for share in (5, 50, 95):
        fast, speckle = (np.percentile(sizes[name], share) for name in ("fast", "speckle"))
        assert fast == pytest.approx(speckle, rel=0.15)
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
    config = resolve("speckle", iq_snr=(10.0, 10.0), duration=0.1, **{**SMALL, **QUIET})
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


def test_an_iq_rate_that_is_no_multiple_is_refused():
    with pytest.raises(InputError, match="multiple"):
        simulate("speckle", seed=1, iq_frame_rate=250.0, **SMALL)
