"""All baselines by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """

    name: str
    method: Callable[..., MotorUnits]
    settings: MethodSettings
    description: str
    reference: str
    oracle: bool = False

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
    ),
    Baseline(
        "temporal_ica",
        temporal_ica,
        TemporalIcaSettings(),
        "temporal ICA of the whole image",
        "Hyvärinen 1999 (FastICA)",
    ),
    Baseline(
        "stica",
        spatiotemporal_ica,
        SpatioTemporalIcaSettings(),
        "spatio-temporal ICA of the whole image",
        "Stone et al. 2002; Rohlén et al., Sci Rep 2020",
    ),
    Baseline(
        "stica_windows",
        spatiotemporal_ica,
        SpatioTemporalIcaSettings(windows=2, components=15, kurtosis=2.5),
        "spatio-temporal ICA in overlapping windows, merged",
        "Rohlén et al., Sci Rep 2020; Carbonaro et al., Sci Rep 2022",
    ),
    Baseline(
        "velbss_like",
        velbss_like,
        VelbssLikeSettings(),
        "fast spatial separation by skewness",
        "in the spirit of velBSS, J Neural Eng 20:034001, 2023 (abstract only)",
    ),
    Baseline(
        "convolutive",
        windowed_convolutive,
        ConvolutiveSettings(firing=FiringSettings(estimator="convolutive")),
        "convolutive blind source separation in overlapping windows",
        "Negro et al. 2016; Rohlén, Lubel, Farina 2025",
    ),
    Baseline(
        "local_nmf",
        local_factorisation,
        FactorisationSettings(),
        "factorisation with non-negative maps of local support",
        "after Pnevmatikakis et al., Neuron 2016",
    ),
    Baseline(
        "sta_oracle",
        spike_triggered_average,
        StaSettings(),
        "spike-triggered averaging; is told the true firings",
        "Carbonaro et al., EMBC 2022",
        oracle=True,
    ),
)

BASELINES: dict[str, Baseline] = {baseline.name: baseline for baseline in _ALL}
"""Every baseline by name."""
