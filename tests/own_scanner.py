"""A scanner of twice the rate and half the pixels of the model's grid, and recordings of it."""

from kmu.config import TRAINING_PRESETS, DataConfig, GridConfig, SimulationConfig
from kmu.train.data import open_dataset

TINY = TRAINING_PRESETS["tiny"]
GRID = GridConfig()
FINE = SimulationConfig(family="fine").override(
    units=(3, 3), duration=0.5, frame_rate=200.0, spacing=(0.3125, 0.3125), depth_pixels=64,
    lateral_pixels=64,
)  # fmt: skip


def own_dataset(folder):
    """The configuration and the builder of four recordings, two of them to learn from."""
    data = DataConfig(family="fine", own=FINE, own_counts=(2, 1, 1), batch_size=2)
    return data, open_dataset(data, GRID, folder)
