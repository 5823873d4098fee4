"""Noise as the networks take it."""

import numpy as np


def inputs(shape, frame_rate=100.0, spacing=(0.625, 0.625), seed=0):
    """A batch of velocity (B, T, Z, X), its rate and spacing."""
    batch = shape[0]
    return {
        "velocity": np.random.default_rng(seed).normal(size=shape).astype(np.float32),
        "frame_rate": np.full(batch, frame_rate, np.float32),
        "spacing": np.tile(np.array(spacing, np.float32), (batch, 1)),
    }
