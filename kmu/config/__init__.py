"""All parameters of kmu, with unit, range, help and source; presets; JSON both ways."""

from kmu.config.base import Config, parameter

__all__ = ["Config", "parameter"]
