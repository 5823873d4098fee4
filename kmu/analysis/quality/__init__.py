"""How far a unit can be trusted, without knowing the truth."""

from kmu.analysis.quality.measuring import measure_quality, power_share, silhouette
from kmu.analysis.quality.metrics import METRICS, Metric, flags, keep_best, overall

__all__ = [
    "METRICS",
    "Metric",
    "flags",
    "keep_best",
    "measure_quality",
    "overall",
    "power_share",
    "silhouette",
]
