"""``kmu.Stream``: frames in, trains and firings out while the contraction lasts."""

import os

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.served_model import ServedModel
from kmu.live.calibrating import Calibrating
from kmu.live.decimation import Decimation
from kmu.live.follower import SHORTEST_S, Follower
from kmu.live.model import Model
from kmu.live.pieces import Counts, Notes, Piece
from kmu.live.reporting import Reporting
from kmu.live.sequence import Run, Sequence
from kmu.live.window import LATE
from kmu.motor_units import MotorUnits
from kmu.recording import check_frame_rate, check_spacing
from kmu.simulation.threads import single_thread

# The resampling waits for frames up to this long after each of its own, s: half of its kernel.
RESAMPLING_S = 0.01
DELAYS = (0.03, 0.5)
CALIBRATIONS = (SHORTEST_S, 60.0)
# Large pieces are worked through in parts of this length, s, so that memory stays flat.
_PART_S = 0.25


class Stream:
    """Follows the motor units of a contraction while it lasts.

    The first ``calibration`` seconds show which units there are. From then on trains and firings
    come out within ``delay`` of the frames that hold them, plus the length of a piece; those of
    the calibration itself come first, late.

    Example:
        >>> stream = kmu.Stream(frame_rate=1000.0, spacing=(0.34, 0.3), delay=0.1)
        >>> for frames in source:
        ...     for piece in stream.push(frames):
        ...         show(piece.time, piece.twitch_train, piece.firings)
        >>> last = stream.close()

    Args:
        frame_rate: of the frames that are pushed, Hz.
        spacing: (dz, dx), size of a pixel in mm.
        delay: s, 0.03 to 0.5: how long after a frame its trains and firings may come. Firings are
            found less well the shorter it is; see the documentation's figure.
        calibration: s, 2 to 60, of which the units are found.
        units: known units on the same pixels, such as ``kmu.identify`` gives; the calibration then
            only fixes their unmixing.
        model: as ``kmu.identify`` takes it; it must have come with its ``model.keras``.
        recalibrate: look for units anew when the picture of the active ones has changed.
        background: calibrate in a thread of its own, while frames go on coming. Otherwise
            :meth:`push` returns when it is done, and the same frames always give the same pieces.
        score_threshold: units of at least this score; as for ``kmu.identify`` if None.
        firing_threshold: firings of at least this probability; the model's own if None.

    Attributes:
        counts: what was met so far.

    Raises:
        InputError: if a value is out of range, there is no model, or the units do not fit.
    """

    def __init__(
        self,
        frame_rate: float,
        spacing: tuple[float, float],
        *,
        delay: float = 0.1,
        calibration: float = 10.0,
        units: MotorUnits | None = None,
        model: str | os.PathLike[str] | ServedModel | Model | None = None,
        recalibrate: bool = True,
        background: bool = False,
        score_threshold: float | None = None,
        firing_threshold: float | None = None,
    ) -> None:
        self.frame_rate, self.spacing = check_frame_rate(frame_rate), check_spacing(spacing)
        for name, value, (low, high) in (
            ("delay", delay, DELAYS),
            ("calibration", calibration, CALIBRATIONS),
            ("score_threshold", score_threshold, (0, 1)),
            ("firing_threshold", firing_threshold, (0, 1)),
        ):
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} {value:g} must lie in {low:g} to {high:g}")
        self._model = model if isinstance(model, Model) else Model.load(model)
        if firing_threshold is None:
            firing_threshold = self._model.served.thresholds["firing"]
        rate = self._model.frame_rate
        # The kernel's own reach is longer for slow frames.
        self._decimation = Decimation(self.frame_rate, rate, max(RESAMPLING_S, 1 / self.frame_rate))
        left = delay - self._decimation.latest / self.frame_rate
        ahead = int(left * rate + 1e-6) - LATE
        if ahead < 1:
            raise InputError(f"at {frame_rate:g} frames per second a delay of {delay:g} s is short")
        self.counts, self._notes = Counts(), Notes()
        self._sequence = Sequence(self.frame_rate, self.counts, self._notes)
        step = self._model.step
        frames = max(round(calibration * rate / step), 1) * step
        self._calibrating = Calibrating(
            self._model, self.spacing, frames, units, score_threshold, background
        )
        self._reporting = Reporting(self.counts, self._notes, rate)
        self._follower = Follower(
            self._model,
            self.spacing,
            self._calibrating,
            self._reporting,
            ahead,
            float(firing_threshold),
            recalibrate,
            bounded=background,
        )
        self._closed = False

    @property
    def model_rate(self) -> float:
        """Hz, the rate of the trains."""
        return self._model.frame_rate

    @property
    def units(self) -> MotorUnits | None:
        """The units that are followed now, without trains; None before the calibration."""
        return self._follower.units

    @property
    def live(self) -> bool:
        """Whether answers come within the delay: calibrated, and no frame waits."""
        return self._follower.live

    def push(self, frames: NDArray[np.floating], first: int | None = None) -> list[Piece]:
        """Takes the next frames; returns what was decided on with them.

        Args:
            frames: (n, Z, X) in mm/s, any n.
            first: number of the first of them, counted from 0 at the start of the stream; the one
                after the last that came if None. Numbers that never come are lost frames: up to
                0.16 s are drawn over, after longer gaps the window begins anew, and both is
                counted and said.

        Raises:
            InputError: if the frames do not fit those before, or the stream is closed.
        """
        if self._closed:
            raise InputError("the stream is closed: make a new one")
        made = []
        # Matrices are small here: threads of linear algebra would wait for each other, at full
        # cost where other work keeps a processor.
        with single_thread():
            for run in self._sequence.take(frames, first):
                made += self._taken(run)
        return made or self._said()

    def note(self, text: str) -> None:
        """Adds a sentence to the notes of the next piece."""
        self._notes.say(text)

    def poll(self) -> list[Piece]:
        """What can be given without new frames: notes, and what a calibration that ended frees."""
        with single_thread():
            made = self._follower.poll()
        return made or self._said()

    def close(self) -> list[Piece]:
        """Ends the stream; returns what still waited."""
        if self._closed:
            return []
        made = self._follower.take(self._decimation.finish())
        if self._follower.units is None:
            made += self._follower.calibrate_late()
        else:
            made += self._follower.finish()
        self._calibrating.stop()
        self._closed = True
        self._notes.say(f"the stream ended: {self.counts.sentence()}")
        return [*made, self._reporting.notes_alone()]

    def _said(self) -> list[Piece]:
        """A piece of notes, if there are any."""
        return [self._reporting.notes_alone()] if self._notes.waiting else []

    def _taken(self, run: Run) -> list[Piece]:
        made: list[Piece] = []
        follower, decimation = self._follower, self._decimation
        follower.newest = (self._sequence.newest - 1) / self.frame_rate
        if run.fresh:
            made += follower.take(decimation.finish())
            follower.begin(decimation.restart(run.start))
        if run.bridged:
            stop = run.start + run.bridged
            self._reporting.drawn(run.start / self.frame_rate, stop / self.frame_rate)
        size = max(round(_PART_S * self.frame_rate), 1)
        for k in range(0, len(run.frames), size):
            made += follower.take(decimation.push(run.frames[k : k + size]))
        return made
