"""All baselines by name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kmu.baselines.averaging import spike_triggered_average
from kmu.baselines.convolutive import windowed_convolutive
from kmu.baselines.factorisation import local_factorisation
from kmu.baselines.ica import spatial_ica, spatiotemporal_ica, temporal_ica, velbss_like
from kmu.config.baselines import (
    ConvolutiveSettings,
    FactorisationSettings,
    FiringSettings,
    MethodSettings,
    SpatialIcaSettings,
    SpatioTemporalIcaSettings,
    StaSettings,
    TemporalIcaSettings,
    VelbssLikeSettings,
)
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

Space = dict[str, tuple[Any, ...]]
_EVERYWHERE: Space = {
    "grid.low": (0.0, 3.0, 5.0),
    "grid.high": (0.0, 25.0, 40.0),
    "grid.smoothing": (0.0, 0.5, 0.8, 1.2),
    "territory.level": (0.3, 0.35, 0.4, 0.45, 0.5, 0.55),
    "territory.smoothing": (0.0, 0.4, 0.8, 1.2),
    "territory.smallest": (4.0, 8.0, 12.0),
}
_ICA: Space = {
    "components": (15, 20, 25, 30, 40, 50, 60),
    "territory.duplicate_iou": (0.3, 0.45, 0.6),
}
_CONTRAST: Space = {"contrast": ("logcosh", "exp")}
_WEIGHT: Space = {"spatial_weight": (0.3, 0.5, 0.7, 0.8, 0.9)}
_WINDOWS: Space = {"components": (8, 12, 16, 20, 25), "windows": (2, 3, 4)}
KURTOSES = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)


@dataclass(frozen=True)
class Baseline:
    """A method of the field.

    Attributes:
        name: as the command line knows it.
        method: (recording, settings) -> motor units; an oracle also takes ``truth``.
        settings: its settings where nothing was tuned.
        description: one line.
        reference: where it is from.
        oracle: whether it is told the true firings.
        tried: values of its own settings that are tried when it is tuned, beside those of the
            settings that all methods share; a dot leads into a section.
        screen: the setting v for which a unit of score s passes if s >= v / (1 + v), and values
            of it: one run with the lowest shows what each gives.
    """

    name: str
    method: Callable[..., MotorUnits]
    settings: MethodSettings
    description: str
    reference: str
    oracle: bool = False
    tried: Space = field(default_factory=dict)
    screen: tuple[str, tuple[float, ...]] | None = None

    @property
    def space(self) -> Space:
        """Values of every setting that is tried."""
        return _EVERYWHERE | self.tried

    def run(
        self,
        recording: Recording,
        settings: MethodSettings | None = None,
        truth: MotorUnits | None = None,
    ) -> MotorUnits:
        """Runs it; ``truth`` reaches an oracle only."""
        extra: dict[str, Any] = {"truth": truth} if self.oracle else {}
        return self.method(recording, settings or self.settings, **extra)

    def tuned(self) -> MethodSettings:
        """The settings chosen on validation recordings, or its own where none were."""
        path = Path(__file__).with_name(f"{self.name}.json")
        return type(self.settings).from_json(path) if path.is_file() else self.settings


_ALL = (
    Baseline(
        "spatial_ica",
        spatial_ica,
        SpatialIcaSettings(),
        "spatial ICA of the whole image",
        "Hyvärinen 1999 (FastICA)",
        tried=_ICA | _CONTRAST,
        screen=("kurtosis", KURTOSES),
    ),
    Baseline(
        "temporal_ica",
        temporal_ica,
        TemporalIcaSettings(),
        "temporal ICA of the whole image",
        "Hyvärinen 1999 (FastICA)",
        tried=_ICA | _CONTRAST,
        screen=("kurtosis", KURTOSES),
    ),
    Baseline(
        "stica",
        spatiotemporal_ica,
        SpatioTemporalIcaSettings(),
        "spatio-temporal ICA of the whole image",
        "Stone et al. 2002; Rohlén et al., Sci Rep 2020",
        tried=_ICA | _WEIGHT,
        screen=("kurtosis", KURTOSES),
    ),
    Baseline(
        "stica_windows",
        spatiotemporal_ica,
        SpatioTemporalIcaSettings(windows=2, components=15, kurtosis=2.5),
        "spatio-temporal ICA in overlapping windows, merged",
        "Rohlén et al., Sci Rep 2020; Carbonaro et al., Sci Rep 2022",
        tried=_ICA | _WEIGHT | _WINDOWS,
        screen=("kurtosis", KURTOSES),
    ),
    Baseline(
        "velbss_like",
        velbss_like,
        VelbssLikeSettings(),
        "fast spatial separation by skewness",
        "in the spirit of velBSS, J Neural Eng 20:034001, 2023 (abstract only)",
        tried=_ICA,
        screen=("kurtosis", KURTOSES),
    ),
    Baseline(
        "convolutive",
        windowed_convolutive,
        ConvolutiveSettings(firing=FiringSettings(estimator="convolutive")),
        "convolutive blind source separation in overlapping windows",
        "Negro et al. 2016; Rohlén, Lubel, Farina 2025",
        tried={
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
    ),
    Baseline(
        "local_nmf",
        local_factorisation,
        FactorisationSettings(),
        "factorisation with non-negative maps of local support",
        "after Pnevmatikakis et al., Neuron 2016",
        tried={
            "components": (30, 50, 70),
            "radius": (4.0, 6.0, 8.0),
            "explained": (0.05, 0.1, 0.15, 0.25, 0.35),
            "sweeps": (0, 5, 15),
            "territory.duplicate_iou": (0.2, 0.3, 0.45),
        },
        screen=("compactness", tuple(np.round(np.arange(0.1, 1.0, 0.05), 2).tolist())),
    ),
    Baseline(
        "sta_oracle",
        spike_triggered_average,
        StaSettings(),
        "spike-triggered averaging; is told the true firings",
        "Carbonaro et al., EMBC 2022",
        oracle=True,
        tried={"before": (0.0, 0.02), "after": (0.1, 0.15, 0.2)},
    ),
)

BASELINES: dict[str, Baseline] = {baseline.name: baseline for baseline in _ALL}
"""Every baseline by name."""
