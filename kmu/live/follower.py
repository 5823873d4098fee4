"""Frames at the model's rate in, pieces out: what a stream does once frames are in order."""

import time

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
from kmu.live.waiting import Part, Waiting
from kmu.live.window import Decided, Window
from kmu.motor_units import MotorUnits

# Frames that may wait for the first calibration, s, beyond its own length.
_WAITING_S = 30.0
# Least that a calibration at the end of a short stream needs, s.
SHORTEST_S = 2.0
# While a stream catches up with what waited for its first calibration, it works for this share of
# the time that arriving frames last; when nothing arrives, for so long at a time, s.
_CATCHING_UP, _MEANWHILE_S = 0.5, 0.5


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
        bounded: whether frames that waited for a calibration are worked off beside those that
            arrive, so that the source need not wait; otherwise all at once.

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
        bounded: bool,
    ) -> None:
        self._model, self._spacing, self._calibrating = model, spacing, calibrating
        self._reporting, self._notes = reporting, reporting.notes
        self._ahead, self._threshold, self._recalibrate = ahead, threshold, recalibrate
        self._bounded = bounded
        self._rate, self._step = model.frame_rate, model.step
        self._waiting = Waiting(calibrating.history.capacity + round(_WAITING_S * self._rate))
        self._calibration: Calibration | None = None
        self._window: Window | None = None
        self._following: Following | None = None
        # The next frame to arrive and the start of its segment; the same of those looked at.
        self._next = self._begun = 0
        self._done = self._segment = 0
        # Whether it was ever without frames that wait; until then, s worked beyond its share.
        self._caught_up, self._owed = False, 0.0
        self.newest = 0.0

    @property
    def units(self) -> MotorUnits | None:
        """The units that are followed now; None before the calibration."""
        return self._calibration.units if self._calibration else None

    @property
    def live(self) -> bool:
        """Whether it is calibrated and no frame waits."""
        return self._caught_up and not self._waiting.count

    def begin(self, start: int) -> None:
        """Begins anew after a gap, with the frame of this number."""
        self._next = self._begun = start
        self._calibrating.history.clear()
        self._waiting.begin(start)

    def take(self, frames: NDArray[np.float32]) -> list[Piece]:
        """Takes the next frames (n, Z, X) in mm/s; returns what was decided on."""
        made = []
        while len(frames):
            # Cut where a step ends: how the stream is cut into pieces must not matter.
            part = frames[: self._step - (self._next - self._begun) % self._step]
            frames = frames[len(part) :]
            self._next += len(part)
            self._calibrating.history.add(part)
            self._waiting.add(part)
            if self._calibration is None and (self._next - self._begun) % self._step == 0:
                self._first_calibration()
            made += self._decided(_CATCHING_UP * len(part) / self._rate)
            self._adopt(False)
        return made

    def poll(self) -> list[Piece]:
        """What a calibration in the background that ended meanwhile frees."""
        self._adopt(False)
        return self._decided(_MEANWHILE_S)

    def finish(self) -> list[Piece]:
        """Decides on all that waits, also for frames that will not come."""
        made = self._decided(np.inf)
        return made if self._window is None else [*made, self._piece(self._window.finish())]

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
        self._adopt(wait=True)
        return self.finish()

    def _first_calibration(self) -> None:
        """Starts the first calibration when there are frames enough, and waits if it must."""
        calibrating = self._calibrating
        if not calibrating.history.missing and not calibrating.running:
            calibrating.start()
        self._adopt(self._too_many_wait())

    def _decided(self, seconds: float) -> list[Piece]:
        """Looks at frames that wait: at all, or while it catches up for ``seconds`` on average."""
        made: list[Piece] = []
        self._owed -= seconds
        while self._calibration is not None and self._waiting.count:
            bounded = self._bounded and not self._caught_up and not self._waiting.full
            if bounded and self._owed > 0:
                break
            begun = time.monotonic()
            part = self._waiting.taken(self._step - (self._done - self._segment) % self._step)
            made += self._looked_at(part, self._calibration)
            self._owed += time.monotonic() - begun
        self._owed = max(self._owed, 0.0)
        if made and not self._caught_up and not self._waiting.count:
            self._caught_up = True
            if self._bounded:
                self._notes.say(f"caught up at {self._done / self._rate:.1f} s: live from here on")
        return made

    def _looked_at(self, part: Part, calibration: Calibration) -> list[Piece]:
        """What is decided on with the next frames, and where the image is."""
        made = []
        if part.fresh or self._window is None:
            made += [] if self._window is None else [self._piece(self._window.finish())]
            self._window = self._new_window(calibration, part.start)
            self._segment = part.start
        made.append(self._piece(self._window.push(part.frames)))
        assert self._following is not None
        self._following.power.add(part.frames)
        self._done = part.stop
        if (self._done - self._segment) % self._step == 0:
            self._stepped(self._window, self._following)
        return made

    def _stepped(self, window: Window, following: Following) -> None:
        """What is looked after from step to step: where the image is, and whether units changed."""
        calibrating = self._calibrating
        shifted = following.look(self._notes, self._done / self._rate)
        if shifted is not None:
            self._calibration = window.calibration = shifted
        due = self._recalibrate and following.changed(calibrating.history.capacity)
        behind = self._waiting.count or calibrating.history.missing
        if due and not behind and not calibrating.running:
            units = window.calibration.units
            since = (self._next - calibrating.history.capacity) / self._rate
            following.asked()
            calibrating.start(
                moved(units, following.shift), self._reporting.silent(units.ids, since)
            )

    def _adopt(self, wait: bool) -> None:
        """Goes over to a calibration that is ready; a recalibration when no frame waits."""
        known = self._calibration
        if known is not None and self._waiting.count:
            return
        try:
            done = self._calibrating.taken(wait)
        except InputError as error:
            if known is None:
                raise
            self._notes.say(f"not recalibrated, the units stay: {error}")
            return
        if done is None:
            return
        self._notes.say(f"at {self._next / self._rate:.1f} s {done.said}")
        power = self._following.power if self._following else None
        self._following = Following(done.calibration, self._spacing, self._step, self._rate, power)
        self._calibration = done.calibration
        if self._window is None:
            return
        self._reporting.counts.recalibrations += 1
        lead = self._calibrating.history.last(self._window.length)
        window = self._new_window(done.calibration, self._next - len(lead))
        window.succeed(self._window)
        window.push(lead)
        self._window = window

    def _new_window(self, calibration: Calibration, first: int) -> Window:
        return Window(calibration, self._model, self._ahead, self._threshold, first)

    def _too_many_wait(self) -> bool:
        """Whether the source must wait for the calibration; drops what it will never see."""
        if not self._waiting.full or self._calibrating.running:
            return self._waiting.full
        # Gap after gap: no segment was long enough.
        gone = self._waiting.drop()
        self._notes.say(
            f"{len(gone.frames) / self._rate:.1f} s from {gone.start / self._rate:.1f} s on have "
            "no trains: there were too many gaps to calibrate"
        )
        return False

    def _piece(self, decided: Decided) -> Piece:
        assert self._calibration is not None
        return self._reporting.piece(decided, self._calibration.units.ids, self.newest)
