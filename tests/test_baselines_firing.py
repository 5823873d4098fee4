import numpy as np
import pytest
from linear_world import regular_firings, train_of

from kmu.baselines.firing import ESTIMATORS, firings_of_trains
from kmu.baselines.pulses import extended, interval_variation, peak_times, whitened
from kmu.config.baselines import FiringSettings
from kmu.evaluation.agreement import rate_of_agreement
from kmu.studies.single_unit import grid_table, single_unit_grid

estimators = pytest.mark.parametrize("estimator", sorted(ESTIMATORS))


@estimators
@pytest.mark.parametrize("rate", [100.0, 1000.0])
def test_firings_of_a_clean_regular_train_are_found(estimator, rate):
    rng = np.random.default_rng(2)
    true = regular_firings(rng, 9.0, 0.08, 6.0)
    train = train_of(true, 0.06, int(6 * rate), rate)
    train = train + rng.normal(0, 0.05 * train.std(), len(train))
    found = firings_of_trains(train[None], rate, FiringSettings(estimator=estimator))[0]
    agreement = rate_of_agreement(found, true)
    assert agreement.rate > 0.85
    assert 0 <= agreement.lag <= 0.1  # the velocity of a twitch comes after the firing


@estimators
@pytest.mark.parametrize("train", [np.zeros(200), np.ones(200), np.zeros(5), np.zeros(1)])
def test_silence_has_no_firings(estimator, train):
    assert not len(firings_of_trains(train[None], 100.0, FiringSettings(estimator=estimator))[0])


@estimators
def test_noise_does_not_break_an_estimator(estimator):
    train = np.random.default_rng(0).normal(size=(1, 300))
    times = firings_of_trains(train, 100.0, FiringSettings(estimator=estimator))[0]
    assert (np.diff(times) > 0).all()
    assert (times >= 0).all()
    assert (times <= 3.0).all()


def test_one_artefact_does_not_hide_the_other_peaks():
    course = np.zeros(200)
    course[10::20] = 1.0
    course[90] = 50.0
    assert len(peak_times(course, 100.0, 0.5, 0.03)) == 10


def test_peaks_lie_between_frames():
    time = np.arange(100) / 100
    course = np.exp(-(((time - 0.503) / 0.02) ** 2))
    assert peak_times(course, 100.0, 0.5, 0.03) == pytest.approx([0.503], abs=3e-4)


def test_delayed_copies_are_the_channel_later():
    copies = extended(np.arange(1.0, 6)[:, None], 3)
    assert copies[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert copies[:, 2].tolist() == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("shape", [(300, 8), (50, 120)])
def test_whitened_samples_are_white(shape):
    samples = np.random.default_rng(1).normal(size=shape) @ np.diag(np.linspace(0.5, 3, shape[1]))
    white = whitened(samples, 0.8)
    assert white.shape[1] < min(shape)
    assert white.T @ white / len(white) == pytest.approx(np.eye(white.shape[1]), abs=1e-6)


def test_a_metronome_has_no_variation():
    assert interval_variation(np.arange(10) * 0.1) == pytest.approx(0, abs=1e-9)
    assert interval_variation(np.array([0.1, 0.2])) == np.inf


def test_the_single_unit_grid_has_every_condition():
    rows = single_unit_grid(1, 2.0, 0, (FiringSettings(),))
    assert len(rows) == 48
    assert all(0 <= row["agreement_10ms"] <= row["agreement_20ms"] <= 1 for row in rows)
    table = grid_table(rows)
    assert len(table) == 2
    assert len(table[0]) == len(table[1])
