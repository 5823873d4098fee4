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
        self, courses: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clean trains and firing logits (n, K, T) of courses (n, K, T, 4)."""
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
