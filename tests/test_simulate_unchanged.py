"""Recordings of the families that models were trained on stay what they were, seed by seed."""

import pytest

from kmu.config import SimulationConfig
from kmu.config.base import Config, parameter
from kmu.simulation import simulate
from kmu.simulation.look import look
from kmu.simulation.scene import Scene, resolve
from tests.test_simulate import digest

# Written by the first simulator of these families: units, firings, sum of firing times in s,
# standard deviation of velocity and of trains, one pixel of one frame in mm/s.
FIRST = [
    ("tiny", 4, 43, 20.8789, 0.07111, 0.11467, 0.0412),
    ("low_force", 14, 291, 299.2704, 0.18855, 0.33549, 0.1151),
    ("moderate", 29, 666, 675.7036, 0.11255, 0.16884, 0.1106),
    ("dense", 36, 966, 983.3468, 0.14321, 0.18806, 0.0233),
    ("paper", 13, 274, 269.5625, 0.18947, 0.46921, 0.0013),
    ("speckle", 12, 64, 16.0368, 0.12685, 0.25166, -0.1200),
    ("mixed", 15, 559, 863.8505, 0.06743, 0.18767, 0.0158),
]


@pytest.mark.parametrize(("family", "units", "count", "sum_of_times", *"vtp"), FIRST)
def test_a_family_is_what_it_was(family, units, count, sum_of_times, v, t, p):
    # Digits, not bits: another processor rounds otherwise.
    shorter = {"duration": 0.5} if family == "speckle" else {}
    recording, truth = simulate(family, 7, **shorter)
    assert len(truth) == units
    assert sum(map(len, truth.firings)) == count
    assert sum(times.sum() for times in truth.firings) == pytest.approx(sum_of_times, abs=1e-3)
    assert recording.velocity.std() == pytest.approx(v, rel=3e-4)
    assert truth.twitch_train.std() == pytest.approx(t, rel=3e-4)
    assert recording.velocity[20, 10, 10] == pytest.approx(p, abs=2e-4)


@pytest.mark.parametrize("level", ["fast", "speckle"])
def test_a_scene_looks_the_same_at_every_look(level):
    config = resolve("tiny", duration=0.2, level=level)
    scene = Scene.draw(config, 3)
    assert digest(*look(scene)) == digest(*look(scene)) == digest(*simulate(config, 3))


def test_a_name_that_stands_in_two_sections_is_not_overridden_in_one_of_them():
    from dataclasses import dataclass, field

    @dataclass(frozen=True)
    class Section(Config):
        snr: float = parameter(1.0, "a name that the scanner has too")

    @dataclass(frozen=True)
    class Doubled(SimulationConfig):
        more: Section = field(default_factory=Section)

    with pytest.raises(AssertionError, match="'snr' stands in more than one section"):
        Doubled().override(snr=(10.0, 10.0))
    assert Doubled().override(duration=3.0).duration == 3.0
