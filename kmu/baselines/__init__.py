"""The methods of the field that kmu is compared with, each a function Recording -> MotorUnits."""

from kmu.baselines.averaging import spike_triggered_average
from kmu.baselines.convolutive import windowed_convolutive
from kmu.baselines.factorisation import local_factorisation
from kmu.baselines.ica import spatial_ica, spatiotemporal_ica, temporal_ica, velbss_like
from kmu.baselines.registry import BASELINES, Baseline

__all__ = [
    "BASELINES",
    "Baseline",
    "local_factorisation",
    "spatial_ica",
    "spatiotemporal_ica",
    "spike_triggered_average",
    "temporal_ica",
    "velbss_like",
    "windowed_convolutive",
]
