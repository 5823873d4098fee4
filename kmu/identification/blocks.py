"""Cutting a long recording into overlapping blocks, and what they cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """Frames ``start`` to ``stop`` (excluded)."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def plan_blocks(frames: int, length: int, overlap: int) -> list[Block]:
    """Cuts ``frames`` into blocks of equal length that overlap.

    Args:
        frames: of the recording.
        length: frames of a block at most; blocks are evened out below that.
        overlap: frames that neighbours share at least; at most a third of a block, so that no
            frame is in three.

    Returns:
        One block if the recording is no longer than ``length``.
    """
    if frames <= length:
        return [Block(0, frames)]
    overlap = min(overlap, length // 3)
    count = int(np.ceil((frames - overlap) / (length - overlap)))
    even = int(np.ceil((frames + (count - 1) * overlap) / count))
    starts = np.linspace(0, frames - even, count).round().astype(int)
    return [Block(int(start), int(start) + even) for start in starts]


def fade(block: Block, before: Block | None, after: Block | None) -> NDArray[np.float32]:
    """(len(block),) weights that fade in and out over what is shared with the neighbours.

    Where two blocks overlap their weights add up to 1.
    """
    weights = np.ones(len(block), np.float32)
    if before is not None and before.stop > block.start:
        shared = before.stop - block.start
        weights[:shared] *= (np.arange(shared) + 0.5) / shared
    if after is not None and after.start < block.stop:
        shared = block.stop - after.start
        weights[-shared:] *= 1 - (np.arange(shared) + 0.5) / shared
    return weights


def estimate_memory(shape: tuple[int, int, int], block: int, chunk: int) -> float:
    """A rough upper estimate of the peak memory of identifying, in MiB.

    Args:
        shape: (T, Z, X) of the recording at the model's frame rate.
        block: frames of a block.
        chunk: bytes of frames held while reading.

    Returns:
        TensorFlow, the libraries, the model, figure and page (1050 MiB when measured with Python's
        TensorFlow, 670 with a plain graph; 1250 are counted, for up to 144 candidates), the frames
        being read and resampled (three copies), a block in the model (17 to 19 copies of it when
        measured on images of 64 to 384 pixels a side, and up to 9 more where several blocks follow
        each other; 21 and 29 are counted), and the trains and territories of 96 units.
    """
    frames, depth, width = shape
    pixels = 4 * depth * width
    copies = 21 if frames <= block else 29
    model = copies * min(block, frames) * pixels
    result = 96 * (2 * pixels + 8 * frames)
    return 1250 + (3 * chunk + model + result) / 2**20
