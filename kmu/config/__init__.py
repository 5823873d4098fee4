"""All parameters of kmu, with unit, range, help and source; presets; JSON both ways."""

from kmu.config.base import Config, parameter
from kmu.config.data import DataConfig
from kmu.config.network import (
    NETWORK_PRESETS,
    GridConfig,
    NetworkConfig,
    SegmenterConfig,
    SignalConfig,
    SlowFusionConfig,
)
from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.config.training import TRAINING_PRESETS, PhaseConfig, TrainingConfig

__all__ = [
    "NETWORK_PRESETS",
    "SIMULATION_PRESETS",
    "TRAINING_PRESETS",
    "Config",
    "DataConfig",
    "GridConfig",
    "NetworkConfig",
    "PhaseConfig",
    "SegmenterConfig",
    "SignalConfig",
    "SimulationConfig",
    "SlowFusionConfig",
    "TrainingConfig",
    "parameter",
]
