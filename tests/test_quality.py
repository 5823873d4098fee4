"""Quality without truth, physiology, and the comparison with EMG."""

import statistics

import numpy as np
import pytest
from made_recordings import twitching

from kmu.analysis.emg import emg_territories, match_emg
from kmu.analysis.physiology import (
    MEASURES,
    averaged_twitch,
    discharge_measures,
    measure,
    territory_measures,
    twitch_measures,
)
from kmu.analysis.quality import METRICS, flags, keep_best, measure_quality, overall, silhouette
from kmu.errors import InputError
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


def made(noise: float = 0.02, seconds: float = 8.0) -> tuple[RecordingFrames, MotorUnits]:
    """A recording and its two true units."""
    recording, firings = twitching(CENTRES, seconds, frame_rate=100.0, noise=noise)
    z = (np.arange(24) + 0.5)[:, None]
    x = (np.arange(40) + 0.5)[None] * 0.5
    places = [np.exp(-((z - a) ** 2 + (x - b) ** 2) / 9) for a, b in CENTRES]
    time = np.arange(recording.velocity.shape[0]) / 100
    trains = []
    for times in firings:
        phase = (time[:, None] - times[None]) / 0.04
        trains.append((-phase * np.exp(-(phase**2))).sum(1))
    # The swing begins well before its middle, which is what the firings mark there.
    units = MotorUnits(
        np.array(places), np.array(trains), [t - 0.06 for t in firings], np.ones(2), 100.0, (1, 0.5)
    )
    return RecordingFrames(recording), units


def test_true_units_are_good_and_invented_ones_are_not():
    source, units = made()
    good = measure_quality(units, source)
    assert set(good) == {metric.name for metric in METRICS}
    assert (overall(good) > 0.75).all()
    assert flags(good) == [[], []]
    rng = np.random.default_rng(0)
    invented = MotorUnits(
        np.roll(units.territory, 10, axis=1)[:, :, ::-1],
        rng.standard_normal(units.twitch_train.shape) * 0.2,
        [np.sort(rng.uniform(0, 8, 60)) for _ in range(2)],
        np.full(2, 0.3),
        100.0,
        (1, 0.5),
    )
    bad = measure_quality(invented, source)
    assert (overall(bad) < 0.4).all()
    assert all(len(names) >= 5 for names in flags(bad))
    both, metrics = keep_best(units, good, 0.5)
    assert len(both) == 2
    assert len(metrics["score"]) == 2
    assert len(keep_best(invented, bad, 0.5)[0]) == 0
    with pytest.raises(InputError, match="0 to 1"):
        keep_best(units, good, 2)


def test_quality_falls_with_noise():
    values = [measure_quality(made(noise)[1], made(noise)[0]) for noise in (0.02, 0.2, 1.0)]
    for name in ("explained_variance", "signal_to_noise", "split_half_train"):
        course = np.array([value[name].mean() for value in values])
        assert (np.diff(course) < 0).all(), name
    # 20 dB of noise power between 0.02 and 0.2 are 20 dB of signal to noise.
    ratio = [value["signal_to_noise"].mean() for value in values]
    assert ratio[0] - ratio[1] == pytest.approx(20, abs=3)


def test_quality_of_no_units_and_of_one_silent_unit():
    source, units = made(seconds=2)
    empty = measure_quality(units.select([]), source)
    assert all(len(values) == 0 for values in empty.values())
    assert flags(empty) == []
    silent = MotorUnits(
        np.zeros((1, 24, 40)), np.zeros((1, 200)), [np.zeros(0)], np.zeros(1), 100.0, (1, 0.5)
    )
    worst = measure_quality(silent, source)
    assert overall(worst)[0] == 0
    assert len(flags(worst)[0]) == len(METRICS)
    assert np.isnan(measure(silent)["largest_diameter"][0])


def test_units_of_another_recording_are_refused():
    source, _ = made(seconds=2)
    with pytest.raises(InputError, match="belong to"):
        measure_quality(made(seconds=3)[1], source)


def test_the_silhouette_tells_true_firings_from_shifted_ones():
    _, units = made()
    train, times = units.twitch_train[0], units.firings[0]
    assert silhouette(train, times, 100.0) > 0.65
    assert np.isnan(silhouette(train, times[:3], 100.0))
    wrong = np.sort(np.random.default_rng(1).uniform(0, 8, len(times)))
    assert not silhouette(train, wrong, 100.0) > 0.4


def test_each_half_of_the_time_is_explained_by_the_trains_of_that_half():
    # Overlapping units, apart in the first half and nearly in step in the second.
    rng = np.random.default_rng(4)
    trains = rng.standard_normal((2, 400))
    trains[1, 200:] = trains[0, 200:] + 0.3 * trains[1, 200:]
    places = np.zeros((2, 6, 12))
    places[0, 1:5, :8], places[1, 1:5, 4:] = 1, rng.uniform(0.5, 1, (4, 8))
    velocity = np.einsum("kt,kzx->tzx", trains, places).astype(np.float32)
    units = MotorUnits(places, trains, [np.zeros(0)] * 2, np.ones(2), 100.0, (1, 0.5))
    found = measure_quality(units, RecordingFrames(Recording(velocity, 100.0, (1, 0.5))))
    assert found["split_half_territory"][1] > 0.97


@pytest.mark.parametrize(("early", "told"), [(0.02, True), (0.04, False)])
def test_a_peak_more_than_30_ms_from_a_firing_is_not_its_own(early, told):
    train = np.zeros(300, np.float32)
    firings = np.array([0.5, 1.0, 1.7, 2.3])
    train[[50, 100, 170, round(100 * (2.3 - early))]] = 1
    # With three peaks at firings there are too few to tell.
    assert np.isfinite(silhouette(train, firings, 100.0)) == told


@pytest.mark.parametrize("spacing", [(0.5, 0.5), (0.8, 0.3)])
def test_size_and_place_of_an_ellipse(spacing):
    shape = (round(40 / spacing[0]), round(40 / spacing[1]))
    z = (np.arange(shape[0]) + 0.5)[:, None] * spacing[0] - 22
    x = (np.arange(shape[1]) + 0.5)[None] * spacing[1] - 15
    turn = np.deg2rad(30)
    along, across = z * np.cos(turn) + x * np.sin(turn), -z * np.sin(turn) + x * np.cos(turn)
    found = territory_measures((along / 8) ** 2 + (across / 3) ** 2 <= 1, spacing)
    assert found["area"] == pytest.approx(np.pi * 24, rel=0.03)
    assert found["largest_diameter"] == pytest.approx(16, abs=1)
    assert found["smallest_diameter"] == pytest.approx(6, abs=1)
    assert found["centroid_depth"] == pytest.approx(22, abs=0.2)
    assert found["centroid_lateral"] == pytest.approx(15, abs=0.2)


def test_discharge_leaves_pauses_out():
    times = np.concatenate([np.arange(20) * 0.1, 10 + np.arange(20) * 0.1])
    found = discharge_measures(times)
    assert found["discharge_rate"] == pytest.approx(10)
    assert found["interval_cov"] == pytest.approx(0, abs=1e-9)
    assert (found["active"], found["stretches"]) == (pytest.approx(3.8), 2)


def test_variability_of_discharge_is_the_standard_deviation_of_a_sample():
    # Intervals of 100, 100 and 160 ms; the 500 ms between are a pause.
    found = discharge_measures(np.array([1.0, 1.1, 1.2, 1.7, 1.86]))
    assert found["interval_sd"] == pytest.approx(1000 * statistics.stdev([0.1, 0.1, 0.16]))
    assert found["interval_cov"] == pytest.approx(statistics.stdev([0.1, 0.1, 0.16]) / 0.12)
    assert found["discharge_rate"] == pytest.approx(1 / 0.12)
    assert (found["firings"], found["active"], found["stretches"]) == (5, pytest.approx(0.86), 1)
    once = discharge_measures(np.array([1.0]))
    assert once == {"firings": 1, "active": 0, "stretches": 1}


def raikova(time: np.ndarray, contraction: float = 0.075, relaxation: float = 0.125) -> np.ndarray:
    """Displacement of a twitch as the field models it, 1 at its peak."""
    ratio = relaxation / contraction
    power = np.log(2) / (ratio - 1 - np.log(ratio))
    phase = np.maximum(time, 0) / contraction
    return phase**power * np.exp(power * (1 - phase))


@pytest.mark.parametrize("rate", [100.0, 500.0])
def test_overlapping_twitches_are_told_apart(rate):
    rng = np.random.default_rng(0)
    firings = np.cumsum(rng.normal(0.1, 0.02, 150).clip(0.05))
    time = np.arange(round(16 * rate)) / rate
    displacement = sum(raikova(time - firing) for firing in firings)
    velocity = np.gradient(displacement, 1 / rate)
    twitch = averaged_twitch(velocity.astype(np.float32), firings[firings < 15.5], rate)
    found = twitch_measures(twitch, rate)
    assert found["contraction_time"] == pytest.approx(75, abs=6)
    # The relaxation constant of the model is from the firing; ours from the peak.
    assert found["half_relaxation_time"] == pytest.approx(50, abs=10)
    assert found["peak_displacement"] == pytest.approx(1000, rel=0.12)


def test_measures_have_a_column_each():
    _, units = made()
    assert set(measure(units)) == {item.name for item in MEASURES}
    assert np.isfinite(list(measure(units).values())).all()


def test_units_are_paired_with_emg_units_whatever_the_lag_and_order():
    _, units = made()
    rng = np.random.default_rng(0)
    other = np.cumsum(rng.normal(0.09, 0.02, 80))
    emg = [units.firings[1] + 0.03, other, units.firings[0] - 0.01]
    emg = [times + rng.normal(0, 0.002, len(times)) for times in emg]
    pairs = match_emg(units, emg)
    assert {(pair.unit, pair.emg_unit) for pair in pairs} == {(0, 2), (1, 0)}
    lags = {pair.unit: pair.lag for pair in pairs}
    assert lags[1] == pytest.approx(-0.03, abs=0.005)
    assert all(pair.rate_of_agreement > 0.9 for pair in pairs)
    assert match_emg(units.select([]), emg) == []
    assert match_emg(units, []) == []
    assert match_emg(units, [np.zeros(0)]) == []


def test_trains_that_agree_by_chance_are_rarely_paired():
    rng = np.random.default_rng(0)
    paired = 0
    for _ in range(20):
        ours, theirs = (np.cumsum(rng.normal(0.08, 0.012, 60)) for _ in range(2))
        ours, theirs = ours[ours < 3], theirs[theirs < 3]
        unit = MotorUnits(np.ones((1, 2, 2)), np.ones((1, 300)), [ours], np.ones(1), 100.0, (1, 1))
        paired += len(match_emg(unit, [theirs]))
        # The same train, seen with some jitter, is found.
        assert len(match_emg(unit, [ours + rng.normal(0, 0.003, len(ours))])) == 1
    assert paired <= 3


def test_emg_units_get_their_territory_by_averaging():
    source, units = made()
    places = emg_territories(source, [*units.firings, np.zeros(0)])
    assert places.shape == (3, 24, 40)
    assert not places[2].any()
    for place, territory in zip(places, units.mask, strict=False):
        both, any_ = (place > 0) & territory, (place > 0) | territory
        assert both.sum() / any_.sum() > 0.5
    assert emg_territories(source, []).shape == (0, 24, 40)
