"""The networks: from velocity to motor units, on ``keras.ops``."""

from kmu.models.grid import Grid
from kmu.models.identifier import Identifier
from kmu.models.local_correlation import LocalCorrelation
from kmu.models.segmenter import Segmenter
from kmu.models.signal_regressor import SignalRegressor
from kmu.models.signals import Signals
from kmu.models.slow_fusion import SlowFusion
from kmu.models.unmixing import solve_ridge, unmix

__all__ = [
    "Grid",
    "Identifier",
    "LocalCorrelation",
    "Segmenter",
    "SignalRegressor",
    "Signals",
    "SlowFusion",
    "solve_ridge",
    "unmix",
]
