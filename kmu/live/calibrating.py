"""When a stream calibrates, on which frames, and in which thread."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmu.identification.pipeline import identify
from kmu.live.calibration import Calibration, calibrate
from kmu.live.history import History
from kmu.live.model import Model
from kmu.live.renewal import renewed
from kmu.motor_units import MotorUnits
from kmu.recording import Recording


class Calibrated(NamedTuple):
    """A calibration and, in a sentence, what it changed."""

    calibration: Calibration
    said: str


class Calibrating:
    """Keeps the frames that a calibration needs, and runs one when it is told to.

    Args:
        model: that identifies and unmixes.
        spacing: (dz, dx), mm.
        frames: at the model's rate, how many a calibration needs.
        units: known from the start, or None.
        score_threshold: keep units of at least this score; as for ``kmu.identify`` if None.
        background: whether calibrations run in a thread of their own.

    Attributes:
        history: the latest frames.
        started: number of times a calibration was started.
    """

    def __init__(
        self,
        model: Model,
        spacing: tuple[float, float],
        frames: int,
        units: MotorUnits | None,
        score_threshold: float | None,
        background: bool,
    ) -> None:
        self.history = History(frames)
        self._model, self._spacing = model, spacing
        self._given, self._score_threshold = units, score_threshold
        self._background = background
        self._job: Future[Calibrated] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._next_id = 1
        self.started = 0

    @property
    def running(self) -> bool:
        """Whether a calibration was started and not yet taken."""
        return self._job is not None

    def start(
        self, known: MotorUnits | None = None, silent: NDArray[np.bool_] | None = None
    ) -> None:
        """Starts a calibration on the frames there are.

        Args:
            known: the units so far, where they are now; None for the first time.
            silent: (K,) which of them did not fire in these frames.
        """
        assert self._job is None
        self.started += 1
        velocity = self.history.last(self.history.capacity)
        work = (self._first, velocity) if known is None else (self._again, velocity, known, silent)
        if self._background:
            self._thread = self._thread or ThreadPoolExecutor(1, "kmu-calibration")
            self._job = self._thread.submit(*work)
            return
        self._job = Future()
        try:
            self._job.set_result(work[0](*work[1:]))
        except Exception as error:
            self._job.set_exception(error)

    def taken(self, wait: bool = False) -> Calibrated | None:
        """The calibration that is ready, once; None if none is.

        Args:
            wait: for the one that runs.

        Raises:
            InputError: what :func:`kmu.live.calibration.calibrate` raises.
        """
        if self._job is None or not (wait or self._job.done()):
            return None
        job, self._job = self._job, None
        done = job.result()
        self._next_id = max(self._next_id, *(done.calibration.units.ids + 1), 1)
        return done

    def stop(self) -> None:
        """Ends the thread; a calibration that runs is awaited and forgotten."""
        if self._thread is not None:
            self._thread.shutdown()

    def _first(self, velocity: NDArray[np.float32]) -> Calibrated:
        units = self._given
        given = units is not None
        if units is None:
            units = self._identified(velocity)
        made = calibrate(velocity, self._spacing, self._model, units)
        seconds = len(velocity) / self._model.frame_rate
        how = "given" if given else "found"
        return Calibrated(made, f"calibrated on {seconds:.1f} s: {len(units)} units {how}")

    def _again(
        self, velocity: NDArray[np.float32], known: MotorUnits, silent: NDArray[np.bool_]
    ) -> Calibrated:
        units, said = renewed(known, self._identified(velocity), silent, self._next_id)
        made = calibrate(velocity, self._spacing, self._model, units)
        return Calibrated(made, f"recalibrated: {said}")

    def _identified(self, velocity: NDArray[np.float32]) -> MotorUnits:
        recording = Recording(velocity, self._model.frame_rate, self._spacing)
        return identify(recording, self._model.served, self._score_threshold)
