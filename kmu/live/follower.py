"""Frames at the model's rate in, pieces out: what a stream does once frames are in order."""

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.live.calibrating import Calibrating
from kmu.live.calibration import Calibration
from kmu.live.following import Following
from kmu.live.model import Model
from kmu.live.pieces import Piece
from kmu.live.renewal import moved
from kmu.live.reporting import Reporting
from kmu.live.waiting import Waiting
from kmu.live.window import Decided, Window
from kmu.motor_units import MotorUnits

# Frames that may wait for the first calibration, s, beyond its own length.
_WAITING_S = 30.0
# Least that a calibration at the end of a short stream needs, s.
SHORTEST_S = 2.0


class Follower:
    """Calibrates, then gives trains and firings of frames without gaps.

    Args:
        model: with which.
        spacing: (dz, dx), mm.
        calibrating: runs calibrations and keeps the frames for them.
        reporting: makes the pieces.
        ahead: frames after the decided one that must have come.
        threshold: least probability of a firing.
        recalibrate: whether to look for units anew when they have changed.

    Attributes:
        newest: s, time of the newest frame that came; the stream tells it.
    """

    def __init__(
        self,
        model: Model,
        spacing: tuple[float, float],
        calibrating: Calibrating,
        reporting: Reporting,
        ahead: int,
        threshold: float,
        recalibrate: bool,
    ) -> None:
        self._model, self._spacing, self._calibrating = model, spacing, calibrating
        self._reporting, self._notes = reporting, reporting.notes
        self._ahead, self._threshold, self._recalibrate = ahead, threshold, recalibrate
        self._rate, self._step = model.frame_rate, model.step
        self._waiting = Waiting(calibrating.history.capacity + round(_WAITING_S * self._rate))
        self._window: Window | None = None
        self._following: Following | None = None
        self._next = self._begun = 0
        self.newest = 0.0

    @property
    def units(self) -> MotorUnits | None:
        """The units that are followed now; None before the calibration."""
        return self._window.calibration.units if self._window else None

    def begin(self, start: int) -> None:
        """Begins anew after a gap, with the frame of this number."""
        self._next = self._begun = start
        self._calibrating.history.clear()
        if self._window is None:
            self._waiting.begin(start)
        else:
            self._window = self._new_window(self._window.calibration, start)

    def take(self, frames: NDArray[np.float32]) -> list[Piece]:
        """Takes the next frames (n, Z, X) in mm/s; returns what was decided on."""
        made = []
        while len(frames):
            # Cut where a step ends: how the stream is cut into pieces must not matter.
            part = frames[: self._step - (self._next - self._begun) % self._step]
            frames = frames[len(part) :]
            self._next += len(part)
            self._calibrating.history.add(part)
            if self._window is None:
                self._waiting.add(part)
            else:
                made.append(self._piece(self._window.push(part)))
                self._following.power.add(part)  # type: ignore[union-attr]
            if (self._next - self._begun) % self._step == 0:
                made += self._stepped()
        return made

    def poll(self) -> list[Piece]:
        """What a calibration in the background that ended meanwhile frees."""
        return self._adopted(False)

    def finish(self) -> list[Piece]:
        """Decides on what still waits for frames that will not come."""
        return [] if self._window is None else [self._piece(self._window.finish())]

    def calibrate_late(self) -> list[Piece]:
        """Calibrates on what came, at the end of a stream that was too short."""
        calibrating = self._calibrating
        if not calibrating.running:
            seconds = len(calibrating.history) / self._rate
            if seconds < SHORTEST_S:
                self._notes.say(
                    f"the stream ended {seconds:.1f} s after its last gap: too short to calibrate"
                )
                return []
            calibrating.start()
        made = self._adopted(wait=True)
        if self._window is not None:
            made.append(self._piece(self._window.finish()))
        return made

    def _stepped(self) -> list[Piece]:
        """What is looked after from step to step: calibration, and where the image is."""
        calibrating = self._calibrating
        if self._window is None:
            if not calibrating.history.missing and not calibrating.running:
                calibrating.start()
            return self._adopted(self._too_many_wait())
        following = self._following
        assert following is not None
        shifted = following.look(self._notes, self._next / self._rate)
        if shifted is not None:
            self._window.calibration = shifted
        due = self._recalibrate and following.changed(calibrating.history.capacity)
        if due and not calibrating.history.missing and not calibrating.running:
            units = self._window.calibration.units
            since = (self._next - calibrating.history.capacity) / self._rate
            following.asked()
            calibrating.start(
                moved(units, following.shift), self._reporting.silent(units.ids, since)
            )
        return self._adopted(False)

    def _adopted(self, wait: bool) -> list[Piece]:
        """Goes over to a calibration that is ready; what waited for the first one comes out."""
        known = self._window
        try:
            done = self._calibrating.taken(wait)
        except InputError as error:
            if known is None:
                raise
            self._notes.say(f"not recalibrated, the units stay: {error}")
            return []
        if done is None:
            return []
        self._notes.say(f"at {self._next / self._rate:.1f} s {done.said}")
        power = self._following.power if self._following else None
        self._following = Following(done.calibration, self._spacing, self._step, self._rate, power)
        if known is not None:
            self._reporting.counts.recalibrations += 1
            lead = self._calibrating.history.last(known.length)
            self._window = self._new_window(done.calibration, self._next - len(lead))
            self._window.succeed(known)
            self._window.push(lead)
            return []
        made: list[Piece] = []
        for start, parts in self._waiting.taken():
            if self._window is not None:
                made.append(self._piece(self._window.finish()))
            self._window = self._new_window(done.calibration, start)
            for part in parts:
                self._following.power.add(part)
                made.append(self._piece(self._window.push(part)))
        return made

    def _new_window(self, calibration: Calibration, first: int) -> Window:
        return Window(calibration, self._model, self._ahead, self._threshold, first)

    def _too_many_wait(self) -> bool:
        """Whether the source must wait for the calibration; drops what it will never see."""
        if not self._waiting.full or self._calibrating.running:
            return self._waiting.full
        # Gap after gap: no segment was long enough.
        start, frames = self._waiting.drop()
        self._notes.say(
            f"{frames / self._rate:.1f} s from {start / self._rate:.1f} s on have no trains: "
            "there were too many gaps to calibrate"
        )
        return False

    def _piece(self, decided: Decided) -> Piece:
        assert self._window is not None
        ids = self._window.calibration.units.ids
        return self._reporting.piece(decided, ids, self.newest)
