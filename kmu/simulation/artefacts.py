"""Places where the scanner sees badly: shadows, echoes at rest, vessels."""

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu.config.disturbance import DisturbanceConfig
from kmu.simulation.scanner import FastScanner

_FLOW_NOISE = 3.0  # noise where blood flows: its speckle changes between frames
_ECHO_SIZE = (0.8, 3.0)  # mm in depth and across: echoes at rest lie in flat patches


def with_artefacts(
    scanner: FastScanner,
    lumen: NDArray[np.float32],
    spacing: tuple[float, float],
    config: DisturbanceConfig,
    rng: np.random.Generator,
) -> FastScanner:
    """The scanner with shadows, with echoes at rest, and with noisy vessels.

    Its ratio of signal to noise stays that of the places without them.

    Args:
        scanner: without them.
        lumen: (Z, X), 1 where blood flows.
        spacing: (dz, dx) mm.
        config: how much of them.
        rng: source of randomness.
    """
    rows, columns = lumen.shape
    width = config.draw("shadow_width", rng)
    first = rng.uniform(0.0, 1.0 - width) * columns
    place = np.arange(columns) + 0.5
    shadow = (place >= first) & (place < first + width * columns)
    noise = np.where(shadow, rng.uniform(*config.shadow_noise), 1.0).astype(np.float32)[None]
    noise = noise * np.where(lumen > 0, np.float32(_FLOW_NOISE), np.float32(1.0))
    sigma = [size / step for size, step in zip(_ECHO_SIZE, spacing, strict=True)]
    relief = ndimage.gaussian_filter(rng.standard_normal((rows, columns)), sigma)
    share = config.draw("echo_share", rng)
    echoes = relief > np.quantile(relief, 1.0 - share) if share > 0 else np.zeros_like(relief)
    pull = np.where(echoes, rng.uniform(*config.echo_pull), 0.0)
    return dataclasses.replace(
        scanner,
        gain=(scanner.gain * (1.0 - pull)).astype(np.float32),
        noise=(scanner.noise * noise).astype(np.float32),
    )
