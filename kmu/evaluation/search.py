"""How settings of a baseline are drawn from those that it says are tried."""

import dataclasses
from typing import Any

import numpy as np

from kmu.baselines.registry import Space
from kmu.config.baselines import FiringSettings, MethodSettings

FIRINGS: tuple[FiringSettings, ...] = (
    *(
        FiringSettings(estimator="band_pass", low=low, high=high, height=height)
        for low in (2.0, 4.0)
        for high in (25.0, 40.0)
        for height in (0.2, 0.35, 0.5)
    ),
    *(
        FiringSettings(estimator="haar", scale=scale, height=height)
        for scale in (0.03, 0.05)
        for height in (0.2, 0.35, 0.5)
    ),
    *(FiringSettings(estimator="convolutive", extension=extension) for extension in (0.05, 0.07)),
)
"""Settings of the firing estimators that are tried for every method."""


def draw(settings: MethodSettings, space: Space, rng: np.random.Generator) -> MethodSettings:
    """Settings around those given: each value of the space is drawn anew with probability 1/2.

    In so many dimensions and with few trials, drawing all of them anew rarely finds anything as
    good as sensible defaults.
    """
    for path, values in space.items():
        value = values[int(rng.integers(len(values)))]
        if rng.random() < 0.5:
            settings = with_value(settings, path, value)
    return settings


def with_value(settings: MethodSettings, path: str, value: Any) -> MethodSettings:
    """A copy with one value changed; ``section.name`` reaches into a section."""
    section, _, name = path.rpartition(".")
    if not section:
        return settings.replace(**{name: value})
    inner = dataclasses.replace(getattr(settings, section), **{name: value})
    return settings.replace(**{section: inner})
