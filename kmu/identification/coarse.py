"""A recording at the model's frame rate, kept in a temporary file."""

import tempfile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from kmu.errors import InputError
from kmu.identification.jolts import (
    AROUND,
    LONGEST,
    LONGEST_LINEAR,
    LOUD,
    MARGIN,
    THREE_QUARTERS,
    FrameLevels,
    Gap,
    linear_basis,
    runs_of,
    widened,
)
from kmu.identification.resample import FrameSource, decimated, output_frames
from kmu.progress import Progress

# Bytes of frames held while a recording is read.
CHUNK_BYTES = 48 * 2**20


class Coarse(FrameSource, Protocol):
    """A recording at the model's rate, as the identification reads it."""

    @property
    def constant(self) -> float | None:
        """The one value of a constant recording, else None."""

    @property
    def power(self) -> NDArray[np.float32]:
        """(Z, X) root mean square of the velocity, mm/s."""

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(Z, X) the field of view."""

    @property
    def warnings(self) -> list[str]:
        """What was put right; a sentence each."""


class CoarseRecording:
    """A copy of a recording at a lower frame rate, in a file that vanishes with it.

    Many passes over it cost little, however long the recording and slow its file. Jolts of the
    probe are bridged in it.

    Args:
        source: read once.
        frame_rate: of the copy, Hz; a slower source is copied as it is.

    Attributes:
        shape: (T, Z, X) of the copy.
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        power: (Z, X) float32, root mean square of the velocity, mm/s.
        inside: (Z, X) bool, the field of view: pixels that are not zero in all frames.
        constant: the one value of a constant recording, else None.
        jolts: the gaps that were bridged.

    Raises:
        InputError: if the source cannot be read or there is no room for the copy.
    """

    def __init__(self, source: FrameSource, frame_rate: float) -> None:
        frames, depth, width = source.shape
        self.spacing = source.spacing
        self.frame_rate = min(frame_rate, source.frame_rate)
        ratio = source.frame_rate / self.frame_rate
        self.shape = (output_frames(frames, ratio), depth, width)
        power = np.zeros((depth, width))
        low, high = np.inf, -np.inf
        levels = FrameLevels((depth, width))
        # Small recordings stay in memory.
        self._file = tempfile.SpooledTemporaryFile(max_size=2**26)  # noqa: SIM115
        chunk = max(CHUNK_BYTES // (4 * depth * width), 1)
        with Progress("reading", self.shape[0], "frames") as progress:
            for part in decimated(source, self.frame_rate, chunk):
                try:
                    self._file.write(np.ascontiguousarray(part).data)
                except OSError as error:
                    raise InputError(
                        f"no room for a temporary copy in {tempfile.gettempdir()}: "
                        f"{error.strerror or error}"
                    ) from error
                power += np.einsum("tzx,tzx->zx", part, part, dtype=np.float64)
                low, high = min(low, float(part.min())), max(high, float(part.max()))
                levels.add(part)
                progress.advance(len(part))
        self.inside = power > 0 if power.any() else np.ones((depth, width), bool)
        # Those that the file holds as NaN were counted when they were read.
        self._silent = int((~self.inside).sum()) - getattr(source, "outside", 0)
        jolted = levels.jolted()
        self.jolts = runs_of(jolted, LONGEST_LINEAR)
        if self.jolts:
            basis, surely = linear_basis(self.inside), levels.jolted(THREE_QUARTERS)
            # All of them are looked at first: bridging changes what lies around the others.
            whole = [
                self._loud(gap, jolted, basis) & surely[gap.start : gap.stop] for gap in self.jolts
            ]
            for gap, drawn in zip(self.jolts, whole, strict=True):
                power += self._bridge(gap, drawn, basis)
        self.power = np.sqrt(np.maximum(power, 0) / self.shape[0]).astype(np.float32)
        # Rounding in the resampling must not make a constant recording look alive.
        self.constant = low if high - low <= 1e-5 * max(abs(low), abs(high)) else None

    @property
    def warnings(self) -> list[str]:
        """What was put right in the copy; a sentence each."""
        said = []
        if self._silent > 0:
            said.append(
                f"{self._silent} of {self.inside.size} pixels are zero in all frames: outside the "
                "field of view"
            )
        if not self.jolts:
            return said
        count = sum(len(gap) for gap in self.jolts)
        many = "a jolt" if len(self.jolts) == 1 else f"{len(self.jolts)} jolts"
        return [
            *said,
            f"{count} frames (at {self.frame_rate:g} Hz) in {many} of the whole image were bridged "
            f"(first: at {self.jolts[0].start / self.frame_rate:.2f} s)",
        ]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.shape[0] / self.frame_rate

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32, mm/s."""
        frames, depth, width = self.shape
        start, stop = max(start, 0), min(stop, frames)
        self._file.seek(4 * start * depth * width)
        data = self._file.read(4 * (stop - start) * depth * width)
        return np.frombuffer(data, np.float32).reshape(-1, depth, width)

    def _loud(
        self, gap: Gap, jolted: NDArray[np.bool_], basis: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """(len,) whether what is not linear in space is the jolt's too, for a short while."""
        # As far as frames matter with which those of the longest run into the gap are compared.
        far = AROUND + LONGEST + 2 * MARGIN
        low = max(gap.start - far, 0)
        around = self.frames(low, gap.stop + far)[:, self.inside]
        rest = around - around @ basis @ basis.T
        level = np.sqrt(np.mean(np.square(rest), axis=1))
        jolt = jolted[low : gap.stop + far]
        usual = maximum_filter1d(np.where(jolt, 0, level), 2 * AROUND + 1, mode="constant")
        whole = np.zeros(len(level), bool)
        for loud in runs_of(widened(jolt & (level > LOUD * usual)), LONGEST):
            whole[loud.start : loud.stop] = True
        return whole[gap.start - low : gap.stop - low]

    def _bridge(
        self, gap: Gap, whole: NDArray[np.bool_], basis: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Draws frames straight over a gap; (Z, X) change of the sum of squares."""
        before, after = (
            self.frames(k, k + 1)[0, self.inside] for k in gap.neighbours(self.shape[0])
        )
        old = self.frames(gap.start, gap.stop)
        new, seen = old.copy(), old[:, self.inside]
        linear = seen @ basis - gap.drawn(before @ basis, after @ basis)
        drawn = gap.drawn(before, after)
        new[:, self.inside] = np.where(whole[:, None], drawn, seen - linear @ basis.T)
        self._file.seek(4 * gap.start * old[0].size)
        self._file.write(np.ascontiguousarray(new).data)
        squares = [np.einsum("tzx,tzx->zx", one, one, dtype=np.float64) for one in (new, old)]
        return squares[0] - squares[1]
