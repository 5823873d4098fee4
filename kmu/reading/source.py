"""A recording that stays in its file: frames are read when they are asked for.

Frames that are missing are put right where that is safe. A frame counts as missing if all of it
is NaN, or all of it is zero between frames that are not (scanners write zeros for what they lost).
Gaps of up to 50 ms are bridged linearly, with a warning; a twitch lasts several times as long.
Longer gaps of zeros are left as they are, with a warning; longer gaps of NaN, frames that are NaN
in part, and recordings of which more than a fifth is missing are refused.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.recording import Recording

LONGEST_GAP_S = 0.05
MOST_MISSING = 0.2


class RecordingSource:
    """Where frames come from.

    Args:
        shape: (T, Z, X).
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        read: takes first and last (excluded) frame, returns (frames, Z, X) in mm/s.
        meta: free-form description.
        said: warnings from opening the file.

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
    ) -> None:
        self.shape, self.frame_rate, self.spacing = shape, frame_rate, spacing
        self.meta = dict(meta or {})
        self.path: Path | None = None
        self._read, self._said = read, list(said)
        self._bridged: set[int] = set()
        self._silent: set[int] = set()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.shape[0] / self.frame_rate

    @property
    def warnings(self) -> list[str]:
        """What was put right, or looked odd, in the frames read so far; a sentence each."""
        said = list(self._said)
        if self._bridged:
            said.append(
                f"{len(self._bridged)} missing frames were bridged "
                f"(first: frame {min(self._bridged)})"
            )
        if self._silent:
            said.append(
                f"{len(self._silent)} frames hold only zeros (first: frame {min(self._silent)}), "
                "too many in a row to be bridged; nothing can be found in them"
            )
        return said

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32 in mm/s.

        Raises:
            InputError: if they hold NaN or infinity, or the file is damaged there.
        """
        # Numbers too large for float32 become infinite here and are refused as such.
        with np.errstate(over="ignore"):
            block = np.asarray(self._read(start, stop), np.float32)
            power = frame_power(block)
        if np.isfinite(power).all() and power.all():
            return block
        margin = round(LONGEST_GAP_S * self.frame_rate) + 1
        low, high = max(start - margin, 0), min(stop + margin, self.shape[0])
        with np.errstate(over="ignore"):
            wide = np.array(self._read(low, high), np.float32)
        self._repair(wide, low)
        return wide[start - low : stop - low]

    def load(self) -> Recording:
        """The whole recording in memory; what was put right is noted in ``meta["warnings"]``."""
        velocity = self.frames(0, self.shape[0])
        meta = {**self.meta, **({"warnings": self.warnings} if self.warnings else {})}
        return Recording(velocity, self.frame_rate, self.spacing, meta)

    def _repair(self, wide: NDArray[np.float32], low: int) -> None:
        """Bridges gaps in frames ``low`` and following, in place."""
        with np.errstate(over="ignore"):
            power = frame_power(wide)
        void = np.zeros(len(wide), bool)
        if np.isnan(power).any():
            void |= np.isnan(wide).all(axis=(1, 2))
        broken = np.flatnonzero(~np.isfinite(power) & ~void)
        if broken.size:
            raise InputError(
                f"velocity holds NaN or infinity in parts of {broken.size} frames (first: frame "
                f"{low + broken[0]}); repair or cut them out"
            )
        longest = round(LONGEST_GAP_S * self.frame_rate)
        frames = self.shape[0]
        for first, last in _runs(void | (power == 0)):
            ends_file = low + first == 0 or low + last + 1 == frames
            named = range(low + first, low + last + 1)
            if void[first : last + 1].any() and (ends_file or last - first + 1 > longest):
                raise InputError(
                    f"velocity holds only NaN in frames {named[0]} to {named[-1]} or more; cut "
                    "them out"
                )
            if ends_file or first == 0 or last == len(wide) - 1:
                continue  # silence at the ends, or a gap that reaches beyond what was asked for
            if last - first + 1 > longest:
                self._silent.update(named)
                continue
            share = ((np.arange(first, last + 1) - first + 1) / (last - first + 2))[:, None, None]
            before, after = wide[first - 1], wide[last + 1]
            wide[first : last + 1] = (1 - share) * before + share * after
            self._bridged.update(named)
        if len(self._bridged) > MOST_MISSING * frames:
            raise InputError(
                f"more than {len(self._bridged)} of {frames} frames are missing (NaN or zero); "
                "too many to bridge"
            )


def frame_power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T,) sum of squares of each frame, in whatever order they lie in memory."""
    if frames.strides[1] < frames.strides[2]:
        frames = frames.transpose(0, 2, 1)
    return np.einsum("tzx,tzx->t", frames, frames)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
