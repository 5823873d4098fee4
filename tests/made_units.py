"""Results that are made up, for tests of what is done with results."""

import numpy as np

from kmu.motor_units import MotorUnits


def made(count: int, frame_rate: float = 250.0) -> MotorUnits:
    rng = np.random.default_rng(0)
    return MotorUnits(
        territory=rng.uniform(0, 1, (count, 12, 10)),
        twitch_train=rng.standard_normal((count, 500)),
        firings=[np.sort(rng.uniform(0, 1.99, 20 - k % 15)) for k in range(count)],
        score=np.linspace(1, 0.5, count),
        frame_rate=frame_rate,
        spacing=(0.8, 0.3),
    )


def two_units(seed=0):
    rng = np.random.default_rng(seed)
    territory = np.zeros((2, 10, 12))
    territory[0, 1:5, 1:5] = 0.9
    territory[1, 5:9, 6:11] = 0.7
    firings = [np.sort(rng.uniform(0, 2, 20)) for _ in range(2)]
    return MotorUnits(territory, rng.normal(size=(2, 200)), firings, [1, 0.5], 100.0, (0.5, 1.0))
