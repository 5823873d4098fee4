"""A model in the two forms that a stream needs: whole, to identify, and its signal regressor."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.identification.served_model import ServedModel, load_model
from kmu.progress import silenced

# Windows that go through the regressor together, where there are many to do.
_TOGETHER = 16
SEEN = 4
"""Courses of a unit that the frames alone give, see ``kmu.models.signals.Signals.cleaned``."""


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model.

    Attributes:
        served: the SavedModel, which identifies.
        identifier: the same as a Keras model, whose parts are used one by one.
        regressor: the signal regressor, compiled.
    """

    served: ServedModel
    identifier: Any
    regressor: Callable[[Any], tuple[Any, Any]]

    @property
    def frame_rate(self) -> float:
        """Hz, at which the model works."""
        return float(self.identifier.config.grid.frame_rate)

    @property
    def drift_window(self) -> int:
        """Frames of the drift filter."""
        return int(self.identifier.config.grid.drift_window)

    @property
    def step(self) -> int:
        """Frames from one look at the course of things to the next: half of that window."""
        return self.drift_window // 2

    @classmethod
    def load(cls, model: str | os.PathLike[str] | ServedModel | None = None) -> "Model":
        """Loads a model as ``kmu.load_model`` takes it.

        Raises:
            InputError: if there is none, or it lacks its ``model.keras``.
        """
        served = model if isinstance(model, ServedModel) else load_model(model)
        with silenced():
            import tensorflow as tf

            from kmu.models.export import load_identifier

            identifier = load_identifier(served.path)
        # Of one shape for one number of units: compiled once for single windows, once for many.
        called = tf.function(lambda courses: identifier.signals.regressor(courses)[:2])
        return cls(served, identifier, called)

    def regress(
        self,
        courses: NDArray[np.float32],
        along: NDArray[np.float32],
        known: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clean trains and firing logits (n, K, T).

        A model that peels off known trains cleans twice: what is left of a unit after the first
        time is the course along its map without that of all clean trains.

        Args:
            courses: (n, K, T, SEEN) float32, each unit in its scale.
            along: (n, K, T) float32, the courses along the units' maps, in the same scale.
            known: (n, K, K) float32, of :class:`kmu.live.calibration.Calibration`, for these.
        """
        if not self.identifier.config.signal.peel_off:
            return self._regress(courses)
        nothing = np.zeros((*courses.shape[:3], 2), np.float32)
        before, _ = self._regress(np.concatenate([courses, nothing], -1))
        more = np.stack([before, along - known @ before], -1)
        return self._regress(np.concatenate([courses, more], -1))

    def _regress(
        self, courses: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        windows, count, frames, channels = courses.shape
        clean = np.empty((windows, count, frames), np.float32)
        logits = np.empty_like(clean)
        k = 0
        while count and k < windows:
            many = _TOGETHER if windows - k >= _TOGETHER else 1
            part = courses[k : k + many].reshape(-1, frames, channels)
            for kept, made in zip((clean, logits), self.regressor(part), strict=True):
                kept[k : k + many] = made.numpy().reshape(many, count, frames)
            k += many
        return clean, logits
