"""The second noun: what motor units accept, and that they survive a file."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.errors import InputError
from kmu.motor_units import MotorUnits


def made(count: int, seed: int = 0) -> MotorUnits:
    rng = np.random.default_rng(seed)
    return MotorUnits(
        territory=rng.uniform(0, 1, (count, 6, 7)),
        twitch_train=rng.standard_normal((count, 50)),
        firings=[rng.uniform(0, 0.5, rng.integers(0, 6)) for _ in range(count)],
        score=rng.uniform(0, 1, count),
        frame_rate=100,
        spacing=(0.5, 0.4),
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8), st.integers(0, 99))
def test_units_survive_their_file_and_are_sorted(tmp_path_factory, count, seed):
    units, path = made(count, seed), tmp_path_factory.mktemp("units") / "u.h5"
    units.save(path)
    read = MotorUnits.load(path)
    assert len(read) == count
    np.testing.assert_array_equal(read.territory, units.territory)
    np.testing.assert_array_equal(read.twitch_train, units.twitch_train)
    np.testing.assert_array_equal(read.score, np.sort(units.score)[::-1])
    for a, b in zip(read.firings, units.firings, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (np.diff(a) >= 0).all()


def test_a_missing_score_is_one(tmp_path):
    made(3).save(tmp_path / "u.h5")
    with h5py.File(tmp_path / "u.h5", "r+") as file:
        del file["score"]
    np.testing.assert_array_equal(MotorUnits.load(tmp_path / "u.h5").score, np.ones(3))


def test_units_can_be_selected_by_index_and_by_mask():
    units = made(4)
    np.testing.assert_array_equal(units.select([2, 0]).score, units.score[[0, 2]])
    assert len(units.select(np.array([True, False, False, True]))) == 2
    assert len(units.select([])) == 0
    assert units.mask.shape == (4, 6, 7)


@pytest.mark.parametrize(
    "change",
    [
        {"territory": np.zeros((2, 6, 7))},
        {"territory": np.full((3, 6, 7), 2.0)},
        {"twitch_train": np.full((3, 50), np.nan)},
        {"score": np.full(3, 1.5)},
        {"firings": [[np.inf], [], []]},
        {"firings": [[]]},
        {"twitch_train": np.zeros(50)},
        {"frame_rate": 0},
    ],
)
def test_parts_that_do_not_fit_are_refused(change):
    units = made(3)
    fields = ("territory", "twitch_train", "firings", "score", "frame_rate", "spacing")
    parts = {name: getattr(units, name) for name in fields}
    with pytest.raises(InputError):
        MotorUnits(**{**parts, **change})


def test_files_of_something_else_are_refused(tmp_path):
    made(2).save(tmp_path / "u.h5")
    with h5py.File(tmp_path / "u.h5", "r+") as file:
        file["firing_count"][...] = 7
    with pytest.raises(InputError, match="add up"):
        MotorUnits.load(tmp_path / "u.h5")
    with h5py.File(tmp_path / "u.h5", "r+") as file:
        del file["territory"]
    with pytest.raises(InputError, match="territory missing"):
        MotorUnits.load(tmp_path / "u.h5")
