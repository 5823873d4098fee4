"""The TFDS data sets of kmu; importing it registers them with tensorflow-datasets."""

from kmu.datasets.motor_unit_ultrasound import motor_unit_ultrasound_dataset_builder

__all__ = ["motor_unit_ultrasound_dataset_builder"]
