"""Steps from stored numbers to velocity in mm/s, each on numbers whose outcome is plain."""

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.reading.axes import check_extent, check_rest, letter_of, parse_axes
from kmu.reading.conversion import Converted, from_displacement, from_iq, scaled

RNG = np.random.default_rng(0)


def given(values, rate=100.0, spacing=(1.0, 0.5)):
    return Converted(values.shape, rate, spacing, lambda start, stop: values[start:stop])


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("zxt", "zxt"), (" T, Z, X ", "tzx"), ("depth x lateral x time", "zxt"),
        ("frames by depth by lines", "tzx"), ("time (s), depth [mm], lateral (mm)", "tzx"),
        ("transmits/z/x/t/iq", "azxti"), ("x \u00d7 z \u00d7 t", "xzt"),
        ("ranges|beams|frames", "zxt"),
    ],
)  # fmt: skip
def test_axes_are_named_in_letters_or_words(text, order):
    assert parse_axes(text) == order


def test_a_word_that_is_no_axis_has_no_letter():
    letters = {"Depth": "z", "widths": "x", "T": "t", "iq": "i", "angles": "a", "hue": "", "a": ""}
    assert {word: letter_of(word) for word in letters} == letters
    for wrong in ("zx", "zzt", "zxtq", "zxtt", "z x t t", ""):
        with pytest.raises(InputError, match=r"no.* an order"):
            parse_axes(wrong)


@pytest.mark.parametrize(
    ("shape", "spacing", "word"),
    [
        ((25, 150, 150), (1.0, 1.0), ""),
        ((25, 151, 100), (1.0, 1.0), "deep"),
        ((25, 100, 151), (1.0, 1.0), "wide"),
        ((25, 4, 4), (0.5, 0.5), ""),
        ((25, 3, 4), (0.5, 0.5), "deep"),
        ((25, 4, 3), (0.5, 0.5), "wide"),
        ((24, 40, 40), (1.0, 1.0), "shorter than 0.25 s"),
        # Deeper than 80 mm, more than four times as deep as wide, ordinary the other way round.
        ((25, 100, 40), (0.81, 0.5), "exchanged"),
        ((25, 100, 40), (0.80, 0.45), ""),
        ((25, 100, 40), (1.0, 0.625), ""),
        ((25, 100, 20), (0.85, 1.0), ""),
        ((25, 100, 20), (0.85, 0.25), "exchanged"),
        ((25, 100, 40), (1.3, 0.15), ""),
        ((25, 140, 10), (0.6, 0.5), ""),
    ],
)
def test_images_that_no_scanner_gives_are_refused(shape, spacing, word):
    if not word:
        check_extent(shape, 100.0, spacing, "tzx")
        return
    with pytest.raises(InputError, match=word):
        check_extent(shape, 100.0, spacing, "tzx")


@pytest.mark.parametrize(
    ("frames", "share", "refused"),
    # Along depth q is twice the share of the mean's power, along time the number of frames.
    [(3, 0.0, False), (4, 0.0, True), (4, 0.45, False), (5, 0.45, True), (99, 0.55, False)],
)
@pytest.mark.parametrize(("axis", "name"), [(1, "depth"), (2, "lateral")])
def test_what_rests_along_depth_or_width_and_not_along_time_is_refused(
    frames, share, refused, axis, name
):
    across = np.sqrt(share) + np.sqrt(1 - share) * np.array([1.0, -1.0])
    velocity = np.broadcast_to(across[None, :, None], (frames, 2, 30)).swapaxes(1, axis)
    if not refused:
        check_rest(velocity.astype(np.float32), "tzx")
        check_rest(np.zeros((frames, 3, 3), np.float32), "tzx")
        return
    with pytest.raises(InputError, match=f"to and fro along {name}"):
        check_rest(velocity.astype(np.float32), "tzx")


@pytest.mark.parametrize(
    ("unit", "kind", "by"),
    [
        ("mm/s", "velocity", 1), ("um/s", "velocity", 1e-3), ("nm/s", "velocity", 1e-6),
        ("cm/s", "velocity", 10), ("m/s", "velocity", 1000), ("um/ms", "velocity", 1),
        ("mm/ms", "velocity", 1000), ("mm/frame", "velocity", 100), ("um/frame", "velocity", 0.1),
        ("mm", "displacement", 1), ("um", "displacement", 1e-3), ("m", "displacement", 1000),
        ("micrometers per second", "velocity", 1e-3),
        ("\u00b5m\u00b7s\u207b\u00b9", "velocity", 1e-3),
    ],
)  # fmt: skip
def test_a_unit_is_a_factor(unit, kind, by):
    values = RNG.standard_normal((5, 2, 3)).astype(np.float32)
    found = scaled(given(values), kind, unit)
    np.testing.assert_allclose(found.read(1, 4), by * values[1:4], rtol=1e-6)
    assert (found.shape, found.frame_rate, found.spacing) == ((5, 2, 3), 100.0, (1.0, 0.5))


@pytest.mark.parametrize(
    ("unit", "kind", "said"),
    [("mm", "velocity", "say --kind displacement"), ("mm/s", "displacement", "say --kind velocity"),
     ("miles/s", "velocity", "choose from"), ("mm/s", "iq", "no unit of iq")],
)  # fmt: skip
def test_a_unit_of_something_else_is_refused(unit, kind, said):
    with pytest.raises(InputError, match=said):
        scaled(given(np.zeros((5, 2, 3))), kind, unit)


def test_velocity_is_the_central_difference_of_displacement():
    values = RNG.standard_normal((12, 2, 3)) + 1e3
    expected = np.empty_like(values)
    expected[1:-1] = (values[2:] - values[:-2]) * 50
    expected[0], expected[-1] = (values[1] - values[0]) * 100, (values[-1] - values[-2]) * 100
    found = from_displacement(given(values))
    for start, stop in ((0, 12), (0, 1), (3, 7), (11, 12)):
        np.testing.assert_allclose(found.read(start, stop), expected[start:stop], atol=1e-3)
    alone = from_displacement(given(values[:1]))
    assert alone.read(0, 1).tolist() == np.zeros((1, 2, 3)).tolist()


def echoes(steps, depth=15):
    """IQ whose phase turns by so much from frame to frame; amplitudes of its own in each pixel."""
    size = 1 + np.arange(depth * 3).reshape(depth, 3)
    phase = np.concatenate([[0], np.cumsum(steps)])
    return size * np.exp(-1j * phase)[:, None, None]


def test_iq_gives_the_mean_turn_of_ten_milliseconds_around_each_frame():
    steps = 0.02 * RNG.standard_normal(102)
    found = from_iq(given(echoes(steps), 1000.0, (0.1, 0.4)), 5e6)
    assert (found.shape, found.frame_rate) == ((20, 5, 3), 200.0)
    assert found.spacing == (pytest.approx(0.3), 0.4)
    centres = np.clip(5 * np.arange(20), 5, 97)
    turn = np.array([steps[centre - 5 : centre + 5].mean() for centre in centres])
    # Away from the probe the path to and fro grows, and the echo's phase falls behind.
    expected = turn * 1000 * 1540e3 / (4 * np.pi * 5e6)
    velocity = found.read(0, 20)
    np.testing.assert_allclose(
        velocity, np.broadcast_to(expected[:, None, None], (20, 5, 3)), atol=0.02
    )
    np.testing.assert_array_equal(found.read(7, 9), velocity[7:9])
    faster = from_iq(given(echoes(steps), 1000.0, (0.1, 0.4)), 5e6, sound_speed=1600.0)
    np.testing.assert_allclose(faster.read(3, 6), velocity[3:6] * 1600 / 1540, rtol=1e-4)


@pytest.mark.parametrize(("dz", "depth", "thin"), [(0.05, 20, 6), (0.1, 14, 3), (0.4, 5, 1)])
def test_the_echo_is_averaged_over_the_rows_that_a_pixel_stands_for(dz, depth, thin):
    found = from_iq(given(echoes(np.zeros(30), depth), 1000.0, (dz, 0.4)), 5e6)
    rows = 1 + np.arange(depth * 3).reshape(depth, 3)
    expected = [rows[k : k + thin].mean(0) for k in range(0, depth, thin)]
    np.testing.assert_allclose(found.magnitude(), expected, rtol=1e-5)
    assert found.shape[1] == len(expected)
    # Of sixteen frames from the first to the last.
    louder = given(np.arange(31.0)[:, None, None] * np.ones((depth, 3)), 1000.0, (dz, 0.4))
    np.testing.assert_allclose(from_iq(louder, 5e6).magnitude(), 15, rtol=1e-5)
    assert found.spacing[0] == pytest.approx(dz * thin)


def test_pulses_and_tissues_that_there_are_not_and_too_few_frames_are_refused():
    iq = given(echoes(np.zeros(10)), 1000.0, (0.1, 0.4))
    for pulse, speed in ((5e5, 1540), (5e7, 1540), (5e6, 1000), (5e6, 2000)):
        assert from_iq(iq, pulse, speed).shape[0] == 2
    for pulse, speed, said in ((4.9e5, 1540, "MHz"), (5.1e7, 1540, "MHz"),
                               (5e6, 999, "sound speed"), (5e6, 2001, "sound speed")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            from_iq(iq, pulse, speed)
    with pytest.raises(InputError, match="10 frames are too few for one window of 11"):
        from_iq(given(echoes(np.zeros(9)), 1000.0, (0.1, 0.4)), 5e6)
    # A quarter of a wavelength of 0.308 mm, to and fro.
    rf = [given(RNG.standard_normal((11, 40, 2)), 1000.0, (dz, 0.4)) for dz in (0.076, 0.078)]
    assert from_iq(rf[0], 5e6, radio_frequency=True).shape == (2, 14, 2)
    with pytest.raises(InputError, match="aliased"):
        from_iq(rf[1], 5e6, radio_frequency=True)
