"""The data set ``motor_unit_ultrasound``: simulated recordings with their motor units."""

from kmu.datasets.motor_unit_ultrasound.motor_unit_ultrasound_dataset_builder import Builder

__all__ = ["Builder"]
