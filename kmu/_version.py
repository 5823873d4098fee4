"""The version of kmu, read by packaging without importing anything else."""

__version__ = "0.2.0"
