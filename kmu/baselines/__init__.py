"""The methods of the field that kmu is compared with, each a function Recording -> MotorUnits.

``registry`` lists them; what they share stands in ``grid``, ``units``, ``firing``, ``separation``.
"""

from kmu.baselines.ica import spatial_ica
from kmu.baselines.registry import BASELINES, Baseline

__all__ = ["BASELINES", "Baseline", "spatial_ica"]
