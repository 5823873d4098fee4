"""What is tried when the settings of a baseline are chosen."""

import dataclasses
from typing import Any

import numpy as np

from kmu.config.baselines import FiringSettings, MethodSettings

Space = dict[str, tuple[Any, ...]]

_COMMON: Space = {
    "grid.low": (0.0, 3.0, 5.0),
    "grid.high": (0.0, 25.0, 40.0),
    "grid.smoothing": (0.0, 0.5, 0.8, 1.2),
    "territory.level": (0.3, 0.35, 0.4, 0.45, 0.5, 0.55),
    "territory.smoothing": (0.0, 0.4, 0.8, 1.2),
    "territory.smallest": (4.0, 8.0, 12.0),
}
_ICA: Space = _COMMON | {
    "components": (15, 20, 25, 30, 40, 50, 60),
    "territory.duplicate_iou": (0.3, 0.45, 0.6),
}
_WINDOWS: Space = {"components": (8, 12, 16, 20, 25), "windows": (2, 3, 4)}

SPACES: dict[str, Space] = {
    "spatial_ica": _ICA | {"contrast": ("logcosh", "exp")},
    "temporal_ica": _ICA | {"contrast": ("logcosh", "exp")},
    "stica": _ICA | {"spatial_weight": (0.3, 0.5, 0.7, 0.8, 0.9)},
    "stica_windows": _ICA | {"spatial_weight": (0.3, 0.5, 0.7, 0.8, 0.9)} | _WINDOWS,
    "velbss_like": _ICA,
    "convolutive": _COMMON
    | {
        "window": (5.0, 6.5, 8.0),
        "extension": (0.04, 0.08, 0.15, 0.2),
        "energy": (0.6, 0.7, 0.8, 0.9),
        "sources": (4, 6, 8),
        "band_power": (0.0, 0.1, 0.2),
        "interval_deviation": (0.025, 0.05, 1.0),
        "skewness": (-10.0, 0.0, 0.25, 0.5),
        "same_source": (0.3, 0.45, 0.6, 0.75),
        "territory.duplicate_iou": (0.2, 0.3, 0.45),
    },
    "local_nmf": _COMMON
    | {
        "components": (30, 50, 70),
        "radius": (4.0, 6.0, 8.0),
        "explained": (0.05, 0.1, 0.15, 0.25, 0.35),
        "sweeps": (0, 5, 15),
        "territory.duplicate_iou": (0.2, 0.3, 0.45),
    },
    "sta_oracle": _COMMON | {"before": (0.0, 0.02), "after": (0.1, 0.15, 0.2)},
}
"""Values of every setting that is tried, by method; a dot leads into a section."""

SCREENS: dict[str, tuple[str, tuple[float, ...]]] = {
    name: ("kurtosis", (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30))
    for name in ("spatial_ica", "temporal_ica", "stica", "stica_windows", "velbss_like")
} | {"local_nmf": ("compactness", tuple(np.round(np.arange(0.1, 1.0, 0.05), 2).tolist()))}
"""The setting v of a method for which a unit of score s passes if s >= v / (1 + v): one run with
the lowest value shows what each value gives."""

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
