import numpy as np
import pytest

from kmu.errors import InputError
from kmu.velocity.estimation import band_pass, velocity_from_iq

FREQUENCY, RATE, STEP = 7e6, 1000.0, 0.15


def echoes_of(displacement, depth=40, width=3, seed=0):
    """IQ frames of speckle that moves as a whole by ``displacement`` (T,) mm."""
    rng = np.random.default_rng(seed)
    speckle = rng.standard_normal((2, depth, width))
    turn = np.exp(-4j * np.pi * FREQUENCY / 1540.0 * displacement * 1e-3)
    return (turn[:, None, None] * (speckle[0] + 1j * speckle[1])).astype(np.complex64)


@pytest.mark.parametrize("speed", [-12.0, 0.5, 30.0])
def test_a_steady_motion_is_found_with_its_sign_away_from_the_probe(speed):
    frames = echoes_of(speed * np.arange(41) / RATE)
    velocity = velocity_from_iq(frames, RATE, STEP, FREQUENCY)
    assert velocity.shape == (4, 40, 3)
    np.testing.assert_allclose(velocity, speed, rtol=1e-3)


def test_velocities_beyond_the_limit_wrap_around():
    limit = 1540.0 * RATE / (4 * FREQUENCY) * 1e3
    frames = echoes_of((limit + 3.0) * np.arange(21) / RATE)
    velocity = velocity_from_iq(frames, RATE, STEP, FREQUENCY)
    np.testing.assert_allclose(velocity, 3.0 - limit, rtol=1e-3)


def test_the_windows_average_what_lies_in_them():
    displacement = np.cumsum(np.sin(np.arange(101) / 7.0)) / RATE
    velocity = velocity_from_iq(echoes_of(displacement), RATE, STEP, FREQUENCY, frames=10, step=5)
    assert len(velocity) == 19
    expected = [(displacement[5 * i + 10] - displacement[5 * i]) * 100 for i in range(19)]
    np.testing.assert_allclose(velocity[:, 5, 1], expected, atol=2e-3)


def test_two_dimensional_estimation_corrects_a_shifted_centre_frequency():
    actual = 0.9 * FREQUENCY
    time = 2 * np.arange(60) * STEP * 1e-3 / 1540.0
    depth_turn = np.exp(2j * np.pi * (actual - FREQUENCY) * time)
    displacement = 5.0 * np.arange(21) / RATE
    turn = np.exp(-4j * np.pi * actual / 1540.0 * displacement * 1e-3)
    frames = (turn[:, None, None] * depth_turn[None, :, None]).astype(np.complex64)
    one = velocity_from_iq(frames, RATE, STEP, FREQUENCY, estimator="kasai")
    two = velocity_from_iq(frames, RATE, STEP, FREQUENCY, estimator="loupas")
    np.testing.assert_allclose(one, 4.5, rtol=1e-3)
    np.testing.assert_allclose(two, 5.0, rtol=1e-3)


def test_the_band_is_kept_without_a_shift_and_the_rest_goes():
    time = np.arange(1000) / 200.0
    wanted = np.sin(2 * np.pi * 12 * time)
    slow, fast = 3 * np.sin(2 * np.pi * 0.8 * time), np.sin(2 * np.pi * 80 * time)
    kept = band_pass((wanted + slow + fast).astype(np.float32), 200.0, 5.0, 35.0)
    middle = slice(100, -100)
    assert np.corrcoef(kept[middle], wanted[middle])[0, 1] > 0.99
    assert np.abs(kept[middle] - wanted[middle]).max() < 0.2


def test_the_band_applies_to_every_pixel_alike_and_zero_means_leave_in():
    values = np.random.default_rng(0).standard_normal((200, 2, 3)).astype(np.float32)
    filtered = band_pass(values, 100.0, 5.0, 35.0)
    np.testing.assert_allclose(filtered[:, 1, 2], band_pass(values[:, 1, 2], 100.0, 5.0, 35.0))
    np.testing.assert_array_equal(band_pass(values, 100.0, 0.0, 60.0), values)


@pytest.mark.parametrize(
    "call",
    [
        lambda: velocity_from_iq(np.zeros((20, 4, 4), np.float32), RATE, STEP, FREQUENCY),
        lambda: velocity_from_iq(np.zeros((5, 4, 4), np.complex64), RATE, STEP, FREQUENCY),
        lambda: velocity_from_iq(np.full((20, 4, 4), np.nan, np.complex64), RATE, STEP, FREQUENCY),
        lambda: velocity_from_iq(
            np.ones((20, 4, 4), np.complex64), RATE, STEP, FREQUENCY, estimator="guess"
        ),
        lambda: band_pass(np.zeros((50, 2), np.float32), 100.0, 60.0, 80.0),
        lambda: band_pass(np.zeros((50, 2), np.float32), 100.0, -1.0, 30.0),
    ],
)
def test_bad_input_is_told_in_one_sentence(call):
    with pytest.raises(InputError):
        call()


def test_a_lower_edge_far_below_one_period_a_recording_is_none():
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    np.testing.assert_array_equal(band_pass(values, 50.0, 3e-294, np.inf), values)


DISK_STEP, DISK_RATE, DISK_FREQUENCY, DISK_SOUND = 0.125, 10_000.0, 5e6, 1480.0


def rotating_disk(echo=DISK_FREQUENCY, carrier_left=0.0):
    """IQ frames of a disk that rotates: 60 mm/s per mm across, none in depth."""
    rng = np.random.default_rng(2)
    depth, across = 160, np.linspace(-8, 8, 41)
    grain = rng.standard_normal((2, depth + 8, len(across)))
    speckle = np.apply_along_axis(np.convolve, 1, grain, np.hanning(11)[1:-1], "valid")
    turn = 4 * np.pi * DISK_STEP * 1e-3 / DISK_SOUND * (echo - DISK_FREQUENCY + carrier_left)
    moved = 60.0 * across * np.arange(32)[:, None] / DISK_RATE
    phase = -4 * np.pi * echo / DISK_SOUND * moved[:, None] * 1e-3
    phase = phase + turn * np.arange(depth)[:, None]
    return across, ((speckle[0] + 1j * speckle[1]) * np.exp(1j * phase)).astype(np.complex64)


@pytest.mark.parametrize("estimator", ["kasai", "loupas"])
@pytest.mark.parametrize("carrier", [0.0, DISK_FREQUENCY])
def test_a_rotating_disk_moves_rigidly_whatever_the_beamformer_leaves(estimator, carrier):
    across, frames = rotating_disk(carrier_left=carrier)
    velocity = velocity_from_iq(
        frames, DISK_RATE, DISK_STEP, DISK_FREQUENCY, frames=31, estimator=estimator,
        sound_speed=DISK_SOUND,
    )[0]  # fmt: skip
    depth = np.arange(len(velocity)) * DISK_STEP
    plane = np.stack([*np.meshgrid(across, depth), np.ones(velocity.shape)], axis=-1)
    fit, *_ = np.linalg.lstsq(plane.reshape(-1, 3), velocity.ravel(), rcond=None)
    assert fit[0] == pytest.approx(60, rel=0.03)
    assert abs(fit[1]) < 0.6
    residual = velocity - plane @ fit
    assert residual.std() < 0.03 * 480


def test_loupas_says_when_it_cannot_tell_the_frequency_of_the_echo():
    _, frames = rotating_disk(carrier_left=0.5 * DISK_FREQUENCY)
    with pytest.raises(InputError, match="use --estimator kasai"):
        velocity_from_iq(frames, DISK_RATE, DISK_STEP, DISK_FREQUENCY, frames=31,
                         estimator="loupas", sound_speed=DISK_SOUND)  # fmt: skip
