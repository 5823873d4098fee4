"""A recording that stays in its file: frames are read when they are asked for.

Frames that are missing are put right where that is safe, as ``kmu.reading.gaps`` says.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.reading.gaps import Gaps
from kmu.recording import Recording


class RecordingSource:
    """Where frames come from.

    Args:
        shape: (T, Z, X).
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        read: takes first and last (excluded) frame, returns (frames, Z, X) in mm/s.
        meta: free-form description.
        said: warnings from opening the file.
        displacement: what was put right in the displacement that the velocity is made of.
        magnitude: reads (Z, X), the mean amplitude of the echo; None if there was only velocity.

    Attributes:
        shape: as given; ``frame_rate``, ``spacing`` and ``meta`` likewise.
        path: the file or folder that is read, None if there is none.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        frame_rate: float,
        spacing: tuple[float, float],
        read: Callable[[int, int], NDArray[Any]],
        meta: dict[str, Any] | None = None,
        said: Sequence[str] = (),
        displacement: Gaps | None = None,
        magnitude: Callable[[], NDArray[np.float32]] | None = None,
    ) -> None:
        self.shape, self.frame_rate, self.spacing = shape, frame_rate, spacing
        self.meta = dict(meta or {})
        self.path: Path | None = None
        self._said, self._displacement = list(said), displacement
        self._magnitude = magnitude
        self._gaps = Gaps(read, shape[0], frame_rate)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.shape[0] / self.frame_rate

    @property
    def outside(self) -> int:
        """Pixels that are NaN in all frames read so far, and taken as zero."""
        masks = [gaps.outside for gaps in (self._displacement, self._gaps) if gaps is not None]
        return max((int(mask.sum()) for mask in masks if mask is not None), default=0)

    @property
    def warnings(self) -> list[str]:
        """What was put right, or looked odd, in the frames read so far; a sentence each."""
        earlier = self._displacement.warnings if self._displacement else []
        return [*self._said, *earlier, *self._gaps.warnings]

    def magnitude(self) -> NDArray[np.float32] | None:
        """(Z, X) mean amplitude of the echo, without unit; None where the file has no echo."""
        return None if self._magnitude is None else self._magnitude()

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32 in mm/s.

        Raises:
            InputError: if they hold NaN or infinity, or the file is damaged there.
        """
        return self._gaps.frames(start, stop)

    def load(self) -> Recording:
        """The whole recording in memory; what was put right is noted in ``meta["warnings"]``."""
        velocity = self.frames(0, self.shape[0])
        meta = {**self.meta, **({"warnings": self.warnings} if self.warnings else {})}
        return Recording(velocity, self.frame_rate, self.spacing, meta)
