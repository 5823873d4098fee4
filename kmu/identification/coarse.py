"""A recording at the model's frame rate, kept in a temporary file."""

import tempfile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.jolts import FrameLevels, Gap
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
        self.jolts = levels.gaps()
        for gap in self.jolts:
            power += self._bridge(gap)
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
        count = sum(gap.stop - gap.start for gap in self.jolts)
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

    def _bridge(self, gap: Gap) -> NDArray[np.float64]:
        """Draws frames straight over a gap; (Z, X) change of the sum of squares."""
        before, after = (self.frames(k, k + 1)[0] for k in gap.neighbours(self.shape[0]))
        old = self.frames(gap.start, gap.stop)
        new = before + gap.shares()[:, None, None] * (after - before)
        self._file.seek(4 * gap.start * before.size)
        self._file.write(np.ascontiguousarray(new).data)
        squares = [np.einsum("tzx,tzx->zx", one, one, dtype=np.float64) for one in (new, old)]
        return squares[0] - squares[1]
