"""Trains and firings of units whose territories are known, in stretches faded into each other."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kmu.identification.blocks import Block, fade, plan_blocks
from kmu.identification.resample import FrameSource
from kmu.identification.served_model import ServedModel
from kmu.progress import Progress

STRETCH_SECONDS = 5.0
OVERLAP_SECONDS = 1.0


def plan_stretches(source: FrameSource) -> list[Block]:
    """The stretches in which trains of a recording are estimated."""
    length, overlap = (
        round(seconds * source.frame_rate) for seconds in (STRETCH_SECONDS, OVERLAP_SECONDS)
    )
    return plan_blocks(source.shape[0], length, overlap)


def estimate_signals(
    territory: NDArray[np.float32], source: FrameSource, served: ServedModel
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Trains in mm/s and firing probabilities of units, (K, T), from their territories (K, Z, X).

    Args:
        territory: in [0, 1], of all units that are active, so that each is told apart from the
            others.
        source: the recording at the model's rate.
        served: a model that knows the signature for it.

    Raises:
        InputError: if it does not.
    """
    stretches = plan_stretches(source)
    shape = (len(territory), stretches[-1].stop)
    train, firing = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    if not len(territory):
        return train, firing
    with Progress("trains", len(stretches), "stretches") as progress:
        for here, weights in faded(stretches):
            velocity = source.frames(here.start, here.stop)
            part = served.signals_of(velocity, source.frame_rate, source.spacing, territory)
            train[:, here.start : here.stop] += weights * part[0]
            firing[:, here.start : here.stop] += weights * part[1]
            progress.advance()
    return train, firing


def faded(blocks: Sequence[Block]) -> Iterator[tuple[Block, NDArray[np.float32]]]:
    """Each block and the weights that its frames have where blocks overlap."""
    for b, block in enumerate(blocks):
        before = blocks[b - 1] if b else None
        yield block, fade(block, before, blocks[b + 1] if b + 1 < len(blocks) else None)
