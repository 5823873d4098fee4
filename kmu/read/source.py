"""A recording that stays in its file: frames are read when they are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.recording import Recording


@dataclass(frozen=True)
class RecordingSource:
    """Where frames come from.

    Attributes:
        shape: (T, Z, X).
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        read: takes first and last (excluded) frame, returns (frames, Z, X) in mm/s.
        meta: free-form description.
        warnings: what the user should know about the file, a sentence each.
    """

    shape: tuple[int, int, int]
    frame_rate: float
    spacing: tuple[float, float]
    read: Callable[[int, int], NDArray[Any]]
    meta: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.shape[0] / self.frame_rate

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32 in mm/s.

        Raises:
            InputError: if they hold NaN or infinity, or the file is damaged there.
        """
        block = np.ascontiguousarray(self.read(start, stop), dtype=np.float32)
        # A sum is NaN or infinite if any term is: one pass and no mask.
        if not np.isfinite(block.sum(dtype=np.float64)):
            bad = start + np.flatnonzero(~np.isfinite(block).all(axis=(1, 2)))
            if len(bad):
                raise InputError(
                    f"velocity holds NaN or infinity (first in frame {bad[0]}, {len(bad)} frames "
                    f"of {start} to {stop}); repair or cut them out"
                )
        return block

    def load(self) -> Recording:
        """The whole recording in memory."""
        return Recording(self.frames(0, self.shape[0]), self.frame_rate, self.spacing, self.meta)
