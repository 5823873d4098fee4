"""Trains and firings of units that were linked across blocks, as each block gave them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmu.formulas import solve_ridge
from kmu.identification.blocks import Block
from kmu.identification.estimating import faded
from kmu.identification.linking import Candidates, LinkedUnit
from kmu.identification.resample import FrameSource


def stitched(
    units: Sequence[LinkedUnit],
    blocks: Sequence[Block],
    found: Sequence[Candidates],
    coarse: FrameSource,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Trains and firing probabilities (K, T) of linked units as each block gave them.

    In blocks where a unit was not seen its train is what least squares over all territories
    leaves for it, and it has no firings there.
    """
    shape = (len(units), blocks[-1].stop)
    train, firing = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for b, (block, weights) in enumerate(faded(blocks)):
        here = slice(block.start, block.stop)
        unseen = [k for k, unit in enumerate(units) if b not in unit.seen]
        if unseen:
            train[unseen, here] += (
                weights * _unmixed(units, coarse.frames(block.start, block.stop))[unseen]
            )
        for k, unit in enumerate(units):
            if b in unit.seen:
                train[k, here] += weights * found[b].train[unit.seen[b]]
                firing[k, here] += weights * found[b].firing[unit.seen[b]]
    return train, firing


def _unmixed(
    units: Sequence[LinkedUnit], velocity: NDArray[np.float32], ridge: float = 0.02
) -> NDArray[np.float32]:
    """(K, t) trains S that minimise |V - S A|^2 + lambda |S|^2 for the territories A.

    ``ridge`` is lambda relative to the mean energy of the territories.
    """
    maps = np.stack([unit.territory.ravel() for unit in units]).astype(np.float64)
    course = velocity.reshape(len(velocity), -1).astype(np.float64)
    course -= course.mean(0)
    return solve_ridge(maps @ maps.T, maps @ course.T, ridge).astype(np.float32)
