"""The methods of the field that kmu is compared with, each a function Recording -> MotorUnits."""

from kmu.baselines.ica import spatial_ica

__all__ = ["spatial_ica"]
