import hashlib
import subprocess
import sys

import numpy as np
import pytest

from kmu.config import SIMULATION_PRESETS, SimulationConfig
from kmu.errors import InputError
from kmu.simulation import simulate
from kmu.simulation.batch import examples


def digest(recording, truth):
    parts = [recording.velocity, truth.territory, truth.twitch_train, *truth.firings]
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()


@pytest.mark.parametrize("family", ["tiny", "low_force", "moderate", "dense"])
def test_every_family_has_as_many_units_as_it_says(family):
    fewest, most = SIMULATION_PRESETS[family].units
    for seed in range(3):
        recording, truth = simulate(family, seed=seed)
        assert fewest <= len(truth) <= most
        assert recording.meta["active_units"] == len(truth)
        assert truth.territory.shape[1:] == recording.velocity.shape[1:]
        assert truth.twitch_train.shape[1] == len(recording.velocity)


def test_a_unit_without_a_firing_or_fibres_in_view_is_not_in_the_truth():
    for seed in range(5):
        recording, truth = simulate("tiny", seed=seed, duration=0.1)
        for times, mask in zip(truth.firings, truth.mask, strict=True):
            assert len(times)
            assert (times >= 0).all()
            assert (times < recording.duration).all()
            assert mask.any()


def test_a_seed_gives_the_same_bits_in_a_fresh_process_with_more_threads():
    code = (
        "from tests.test_simulate import digest; from kmu.simulation import simulate;"
        "print(digest(*simulate('low_force', seed=7)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**__import__("os").environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": "."},
    )  # fmt: skip
    assert other.stdout.strip() == digest(*simulate("low_force", seed=7))
    assert other.stdout.strip() != digest(*simulate("low_force", seed=8))


def test_any_number_of_workers_makes_the_same_examples_in_the_same_order():
    config = SIMULATION_PRESETS["tiny"]
    alone, shared = (list(examples(config, range(4), workers)) for workers in (1, 2))
    for one, other in zip(alone, shared, strict=True):
        assert one["seed"] == other["seed"]
        assert one["velocity"].tobytes() == other["velocity"].tobytes()
        assert one["twitch_train"].tobytes() == other["twitch_train"].tobytes()


def test_bad_input_is_told_in_one_sentence():
    for call in (
        lambda: simulate("no_such_family", seed=1),
        lambda: simulate("tiny", seed=-1),
        lambda: simulate("tiny", seed=1, no_such_parameter=3),
        lambda: simulate("tiny", seed=1, duration=-2.0),
        lambda: SimulationConfig(units=(5, 2)),
    ):
        with pytest.raises(InputError):
            call()


def test_no_units_means_an_empty_truth_and_only_noise():
    recording, truth = simulate("tiny", seed=1, units=(0, 0))
    assert len(truth) == 0
    assert np.isfinite(recording.velocity).all()
    assert recording.velocity.std() > 0
