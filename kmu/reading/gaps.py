"""Frames and pixels that were never measured, put right where that is safe.

A frame counts as missing if all of it is NaN, or all of it is zero between frames that are not
(scanners write zeros for what they lost). Gaps of up to 50 ms are bridged linearly; a twitch lasts
several times as long. At either end the nearest frame stands in for frames of NaN (a difference
has no first value). Longer gaps of zeros are left as they are; longer gaps of NaN, frames that are
NaN in part, and recordings of which more than a fifth is missing are refused.

Pixels that are NaN in all frames lie outside the field of view: they are taken as zero.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError

LONGEST_GAP_S = 0.05
MOST_MISSING = 0.2
# What NumPy (masked arrays) and netCDF store in place of a value that there is not.
_FILL = (1e20, 9.969209968386869e36)


class Gaps:
    """Reads frames and puts right what is missing in them.

    Args:
        read: takes first and last (excluded) frame, returns (frames, Z, X).
        frames: how many there are.
        frame_rate: Hz.
        what: "velocity" or "displacement".

    Attributes:
        bridged: frames that were bridged so far.
        silent: frames of zeros that were left alone.
        outside: (Z, X), True for pixels that are never measured; None if there are none.
    """

    def __init__(
        self,
        read: Callable[[int, int], NDArray[Any]],
        frames: int,
        frame_rate: float,
        what: str = "velocity",
    ) -> None:
        self.read, self.count, self.frame_rate, self.what = read, frames, frame_rate, what
        # Displacement in double precision: micrometres around an offset of millimetres.
        self.dtype = np.float64 if what == "displacement" else np.float32
        self.bridged: set[int] = set()
        self.silent: set[int] = set()
        self.outside: NDArray[np.bool_] | None = None
        self._looked = False

    @property
    def warnings(self) -> list[str]:
        """What was put right, or looked odd, in the frames read so far; a sentence each."""
        said = []
        if self.outside is not None:
            said.append(
                f"{int(self.outside.sum())} of {self.outside.size} pixels are never measured "
                "(NaN in all frames): taken as zero, outside the field of view"
            )
        if self.bridged:
            said.append(
                f"{len(self.bridged)} missing frames were bridged "
                f"(first: frame {min(self.bridged)})"
            )
        if self.silent:
            said.append(
                f"{len(self.silent)} frames hold only zeros (first: frame {min(self.silent)}), "
                "too many in a row to be bridged; nothing can be found in them"
            )
        return said

    def frames(self, start: int, stop: int) -> NDArray[Any]:
        """Frames ``start`` to ``stop`` (excluded).

        Raises:
            InputError: if they hold NaN or infinity that cannot be put right.
        """
        block = self._block(start, stop)
        power = frame_power(block)
        if np.isfinite(power).all() and power.all():
            return block
        margin = round(LONGEST_GAP_S * self.frame_rate) + 1
        low, high = max(start - margin, 0), min(stop + margin, self.count)
        wide = np.array(self._block(low, high))
        self._repair(wide, low)
        return wide[start - low : stop - low]

    def _block(self, start: int, stop: int) -> NDArray[Any]:
        """Frames as they are, but for pixels outside the field of view, which are zero."""
        # Numbers too large for float32 become infinite here and are refused as such.
        with np.errstate(over="ignore"):
            block = np.asarray(self.read(start, stop), self.dtype)
            if np.isfinite(frame_power(block)).all():
                self._check_outside(block, start)
                return block
            block = np.array(block)
        for fill in _FILL:
            block[block == self.dtype(fill)] = np.nan
        missing = np.isnan(block)
        whole = missing.all(axis=(1, 2))
        if not self._looked and not whole.all():
            self._looked = True
            # A lost frame of zeros tells nothing of the pixels.
            shown = np.where(missing, 0, block).any(axis=(1, 2))
            never = missing[shown].all(axis=0) if shown.any() else np.zeros(missing.shape[1:], bool)
            self.outside = never if never.any() else None
        if self.outside is not None:
            self._check_outside(np.where(missing, 0, block), start)
            block[:, self.outside] = np.where(whole, np.nan, 0.0)[:, None]
        return block

    def _check_outside(self, block: NDArray[Any], start: int) -> None:
        if self.outside is not None and (seen := block[:, self.outside].any(axis=1)).any():
            raise InputError(
                f"{self.what} holds NaN in some frames only of pixels that frame "
                f"{start + int(seen.argmax())} shows; repair or cut them out"
            )

    def _repair(self, wide: NDArray[Any], low: int) -> None:
        """Bridges gaps in frames ``low`` and following, in place."""
        with np.errstate(over="ignore"):
            power = frame_power(wide)
        void = np.isnan(wide).all(axis=(1, 2))
        broken = np.flatnonzero(~np.isfinite(power) & ~void)
        if broken.size:
            raise InputError(
                f"{self.what} holds NaN or infinity in parts of {broken.size} frames (first: frame "
                f"{low + broken[0]}); repair or cut them out"
            )
        longest = round(LONGEST_GAP_S * self.frame_rate)
        for first, last in _runs(void | (power == 0)):
            at_end = low + first == 0 or low + last + 1 == self.count
            inner = first > 0 and last < len(wide) - 1
            named = range(low + first, low + last + 1)
            lost = bool(void[first : last + 1].any())
            if len(named) > longest and (lost or (self.what == "displacement" and inner)):
                raise InputError(
                    f"{self.what} holds only {'NaN' if lost else 'zeros'} in frames {named[0]} to "
                    f"{named[-1]} or more; cut them out"
                )
            if at_end and lost and (first > 0 or last < len(wide) - 1):
                gap = np.flatnonzero(void[first : last + 1]) + first
                wide[gap] = wide[first - 1] if first > 0 else wide[last + 1]
                self.bridged.update((low + gap).tolist())
            elif lost and not inner and at_end:
                raise InputError(f"{self.what} holds only NaN; there is nothing in it")
            if at_end or not inner:
                continue  # silence at the ends, or a gap that reaches beyond what was asked for
            if len(named) > longest:
                self.silent.update(named)
                continue
            share = ((np.arange(first, last + 1) - first + 1) / (last - first + 2))[:, None, None]
            wide[first : last + 1] = (1 - share) * wide[first - 1] + share * wide[last + 1]
            self.bridged.update(named)
        if len(self.bridged) > MOST_MISSING * self.count:
            raise InputError(
                f"more than {len(self.bridged)} of {self.count} frames are missing (NaN or zero); "
                "too many to bridge"
            )


def frame_power(frames: NDArray[Any]) -> NDArray[Any]:
    """(T,) sum of squares of each frame, in whatever order they lie in memory."""
    if frames.strides[1] < frames.strides[2]:
        frames = frames.transpose(0, 2, 1)
    return np.einsum("tzx,tzx->t", frames, frames)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
