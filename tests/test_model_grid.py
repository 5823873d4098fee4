"""The model grid: places in mm, times in s and levels in mm/s, known in advance."""

import numpy as np
import pytest

from kmu.config import GridConfig
from kmu.models import Grid
from kmu.models.grid import normalise, remove_drift, resample_time, space_matrix

CONFIG = GridConfig()


def on_grid(velocity, frame_rate, spacing):
    given = (
        np.float32(velocity)[None],
        np.float32([frame_rate]),
        np.float32([spacing]),
    )
    images, scale = Grid(CONFIG)(*given)
    return np.asarray(images)[0], float(np.asarray(scale)[0])


@pytest.mark.parametrize(
    ("frame_rate", "spacing", "shape"),
    [
        (250.0, (0.4, 1.25), (33, 17)),
        (1000.0, (0.3, 0.7), (61, 31)),
        (100.0, (0.625, 0.9), (24, 25)),
    ],
)
def test_a_bump_stands_at_its_place_in_mm_and_its_time_in_s(frame_rate, spacing, shape):
    depth, lateral, at = 7.3, 12.6, 0.4037
    frames = round(0.9 * frame_rate) + 1
    z = (np.arange(shape[0]) + 0.5) * spacing[0]
    x = (np.arange(shape[1]) + 0.5) * spacing[1]
    place = np.exp(-((z[:, None] - depth) ** 2 + (x - lateral) ** 2) / (2 * 1.8**2))
    time = np.arange(frames) / frame_rate
    course = np.exp(-((time - at) ** 2) / (2 * 0.02**2))
    images, _ = on_grid(course[:, None, None] * place, frame_rate, spacing)
    # Filled up to multiples of 8 pixels of 0.625 mm; frames at 100 Hz.
    sides = [
        8 * int(np.ceil(n * one / 0.625 / 8 - 1e-3)) for n, one in zip(shape, spacing, strict=True)
    ]
    assert images.shape == (round(frames * 100 / frame_rate), *sides)
    # Without drift a bump has troughs around it: its own centre is looked for in its middle.
    peak = np.unravel_index(images.argmax(), images.shape)
    seen = np.maximum(images[peak[0]], 0) ** 2
    rows, columns = (np.arange(side) + 0.5 for side in sides)
    assert 0.625 * (seen.sum(1) @ rows) / seen.sum() == pytest.approx(depth, abs=0.03)
    assert 0.625 * (seen.sum(0) @ columns) / seen.sum() == pytest.approx(lateral, abs=0.03)
    before, top, after = np.log(images[peak[0] - 1 : peak[0] + 2, peak[1], peak[2]])
    shift = 0.5 * (before - after) / (before - 2 * top + after)
    assert (peak[0] + shift) / 100 == pytest.approx(at, abs=0.0007)


def test_what_lies_beyond_the_field_of_view_is_zero():
    velocity = np.random.default_rng(0).normal(size=(60, 20, 22))
    images, _ = on_grid(velocity, 100.0, (0.5, 0.625))
    # 10 mm are 16 rows; 22 columns are filled up to 24.
    assert images.shape == (60, 16, 24)
    assert not images[:, :, 22:].any()
    assert (np.abs(images[:, :, :22]).max(0) > 0.1).all()


@pytest.mark.parametrize("seen", [1.0, 0.5, 0.25])
def test_the_scale_is_the_root_mean_square_of_what_moves_within_the_field_of_view(seen):
    # 10 Hz pass the filter of drift, whose half power is at 1.9 Hz.
    course = 3.0 * np.sin(2 * np.pi * 10 * np.arange(200) / 100)
    velocity = np.repeat(np.repeat(course[:, None, None], 16, 1), 24, 2)
    velocity[:, :, round(24 * seen) :] = 0
    images, scale = on_grid(velocity, 100.0, (0.625, 0.625))
    assert scale == pytest.approx(3 / np.sqrt(2), rel=0.02)
    np.testing.assert_allclose(images[40:-40, 5, 2] * scale, course[40:-40], atol=0.1)
    # The same from what training does, on the grid already; there all pixels are seen.
    if seen == 1.0:
        flat = np.float32(velocity).reshape(1, 200, -1)
        level = np.sqrt(np.mean(flat**2, axis=(1, 2)))
        again, same = normalise(flat, level, (16, 24), CONFIG)
        np.testing.assert_allclose(np.asarray(again)[0], images, atol=1e-3)
        assert float(np.asarray(same)[0]) == pytest.approx(scale, rel=1e-4)


def test_a_recording_whose_level_is_drift_alone_is_not_blown_up():
    images, scale = on_grid(np.full((80, 16, 16), 5.0), 100.0, (0.625, 0.625))
    # A ten thousandth of the level, which is more than all that rounding leaves.
    assert scale == pytest.approx(5e-4, rel=0.05)
    assert np.abs(images).max() < 0.05


@pytest.mark.parametrize("frames", [7, 32, 61, 150])
def test_drift_is_the_local_mean_under_a_hamming_window(frames):
    signal = np.random.default_rng(frames).normal(size=(frames, 3)).cumsum(0)
    window = np.hamming(51) / np.hamming(51).sum()
    padded = np.pad(signal, ((25, 25), (0, 0)), mode="edge")
    mean = np.stack([np.convolve(column, window, "valid") for column in padded.T], axis=1)
    found = np.asarray(remove_drift(np.float32(signal)[None], 51))[0]
    np.testing.assert_allclose(found, signal - mean, atol=1e-3)


def keys(distance):
    """Keys' cubic kernel with a = -1/2, piece by piece."""
    x = abs(distance)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def row_of(position, count, ratio):
    """Weights of ``count`` samples for an output at a position between them."""
    at = min(max(position, 0), count - 1)
    weights = np.array([keys((at - tap) / max(ratio, 1)) for tap in range(count)])
    return weights / weights.sum()


@pytest.mark.parametrize(
    ("ratio", "frames"), [(0.4, 30), (1.0, 45), (2.5, 101), (10.0, 333), (3, 2)]
)
def test_every_output_frame_to_the_ends_is_the_kernels_mean_of_the_frames_around(ratio, frames):
    signal = np.random.default_rng(frames).normal(size=(frames, 2))
    count = max(round(frames / ratio), 1)
    expected = [row_of(i * ratio, frames, ratio) @ signal for i in range(count)]
    found = resample_time(np.float32(signal)[None], np.float32(ratio), count)
    np.testing.assert_allclose(np.asarray(found)[0], expected, atol=2e-4)


@pytest.mark.parametrize(("inputs", "spacing"), [(10, 0.4), (7, 1.0), (12, 0.25), (9, 0.625)])
def test_every_output_pixel_is_the_kernels_mean_up_to_half_a_pixel_beyond_the_edge(inputs, spacing):
    ratio = 0.625 / spacing
    outputs = int(np.ceil(inputs / ratio)) + 4
    expected = np.zeros((outputs, inputs))
    for i in range(outputs):
        middle = (i + 0.5) * ratio
        # A pixel that the field of view does not touch has nothing.
        if middle - ratio / 2 < inputs:
            expected[i] = row_of(middle - 0.5, inputs, ratio)
    found = space_matrix(inputs, np.float32(spacing), outputs, np.float32(0.625))
    np.testing.assert_allclose(found, expected, atol=1e-5)
