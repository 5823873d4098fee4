"""Loading and calling the SavedModel that identifies motor units."""

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.finding import (
    DEFAULT_RATE,
    find_model,
    model_rate,
    model_thresholds,
)
from kmu.identification.plain_runtime import plain_call
from kmu.progress import silenced

SIGNATURE = "serving_default"
# Trains of units with known territories; models of older exports lack it.
SIGNALS_SIGNATURE = "signals"
INPUTS = ("velocity", "frame_rate", "spacing")
# What the signature of signals gives.
SIGNALS = ("twitch_train", "firing_probability")
OUTPUTS = ("territory", "twitch_train", "firing_probability", "score", "valid")
# Loaded models, the one used last at the end. A model takes some 100 MiB.
_MOST_KEPT = 2
_kept: "OrderedDict[tuple[object, ...], ServedModel]" = OrderedDict()
_keeping = threading.Lock()


@dataclass(frozen=True)
class ServedModel:
    """A loaded model.

    Attributes:
        path: the version folder.
        thresholds: ``score`` a unit and ``firing`` a peak of the firing probability must reach;
            tuned on validation data and kept with the model.
        call: the signature, arrays by name in, arrays by name out; tensors of a SavedModel that
            Python's TensorFlow runs.
        call_signals: the same for the signature that gives the trains of units whose territories
            are known; None if the model has none.
        frame_rate: Hz, at which the model works; recordings are brought to it.
    """

    path: Path
    thresholds: dict[str, float]
    call: Callable[..., dict[str, Any]]
    call_signals: Callable[..., dict[str, Any]] | None = None
    frame_rate: float = DEFAULT_RATE

    def __call__(
        self, velocity: NDArray[np.float32], frame_rate: float, spacing: tuple[float, float]
    ) -> dict[str, NDArray[Any]]:
        """Runs the model on one recording.

        Args:
            velocity: (T, Z, X) float32 in mm/s.
            frame_rate: Hz.
            spacing: (dz, dx) in mm.

        Returns:
            ``territory`` (K, Z, X), ``twitch_train`` (K, T), ``firing_probability`` (K, T),
            ``score`` (K,) and ``valid`` (K,) of all candidates, the doubtful ones too.
        """
        answer = self.call(**_one(velocity, frame_rate, spacing))
        return {name: np.asarray(answer[name])[0] for name in OUTPUTS}

    def signals_of(
        self,
        velocity: NDArray[np.float32],
        frame_rate: float,
        spacing: tuple[float, float],
        territory: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Trains (K, T) in mm/s and firing probabilities (K, T) of units that are known.

        Args:
            velocity: (T, Z, X) float32 in mm/s.
            frame_rate: Hz.
            spacing: (dz, dx) in mm.
            territory: (K, Z, X) float32 in [0, 1], at least one unit.

        Raises:
            InputError: if the model cannot; ``call_signals`` is None then.
        """
        if self.call_signals is None:
            raise InputError(f"{self.path} has no signature {SIGNALS_SIGNATURE}: export it anew")
        inputs = _one(velocity, frame_rate, spacing)
        answer = self.call_signals(**inputs, territory=np.asarray(territory[None], np.float32))
        train, firing = (np.asarray(answer[name])[0] for name in SIGNALS)
        return train, firing


def _one(
    velocity: NDArray[np.float32], frame_rate: float, spacing: tuple[float, float]
) -> dict[str, NDArray[np.float32]]:
    """One recording as a batch of one."""
    return {
        "velocity": np.asarray(velocity[None], np.float32),
        "frame_rate": np.array([frame_rate], np.float32),
        "spacing": np.array([spacing], np.float32),
    }


def load_model(
    model: str | os.PathLike[str] | None = None,
    one_recording: bool = False,
    in_batches: bool = False,
) -> ServedModel:
    """Loads a SavedModel; the two models used last are kept in memory.

    A model with plain graphs is run without Python's TensorFlow (``plain_runtime``): that starts
    in a fifth of the time, and a recording gets the same answer, bit for bit, from the command
    line and in Python. TensorFlow's own optimisation of a SavedModel puts other operations in the
    place of some, which moved scores by up to 0.03.

    A kept model is given again as long as its files have not changed. Threads that ask for the
    same model at once get the same one.

    Args:
        model: as :func:`find_model` takes it.
        one_recording: this process identifies one recording and ends. With a model that has no
            plain graphs, TensorFlow's optimisation, which takes two seconds at the first call, is
            then turned off, for the whole process.
        in_batches: several recordings are given at once, as to a server. The SavedModel itself is
            run, which checks that all of a batch have one rate and one spacing.

    Raises:
        InputError: if there is none, it is damaged, or it has another signature.
    """
    path = find_model(model).resolve()
    files = (path / "saved_model.pb", path / "variables" / "variables.index", path / "config.json")
    key = (
        path,
        one_recording,
        in_batches,
        *(file.stat().st_mtime_ns if file.is_file() else None for file in files),
    )
    with _keeping:
        if key not in _kept:
            with silenced():
                _kept[key] = _loaded(path, one_recording, in_batches)
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def _loaded(path: Path, one_recording: bool, in_batches: bool) -> ServedModel:
    call = None if in_batches else plain_call(path, SIGNATURE, OUTPUTS)
    signals: Callable[..., dict[str, Any]] | None = None
    if call is None:
        call, signals = _with_tensorflow(path, one_recording)
    elif (path / "plain" / f"{SIGNALS_SIGNATURE}.pb.gz").is_file():
        signals = _when_called(path)
    return ServedModel(path, model_thresholds(path), call, signals, model_rate(path))


def _when_called(path: Path) -> Callable[..., dict[str, Any]]:
    """The plain graph of signals, which only long recordings need: loaded when it is called."""
    load = cache(lambda: plain_call(path, SIGNALS_SIGNATURE, SIGNALS))

    def call(**inputs: Any) -> dict[str, Any]:
        signals = load() or _with_tensorflow(path, True)[1]
        assert signals is not None
        return signals(**inputs)

    return call


def _with_tensorflow(
    path: Path, one_recording: bool
) -> tuple[Callable[..., dict[str, Any]], Callable[..., dict[str, Any]] | None]:
    """Both signatures of a SavedModel, the second None if it has none of that name."""
    # TensorFlow imports Keras if it can, and Keras scikit-learn: seconds for what a SavedModel
    # does not need.
    without_keras = one_recording and not {"keras", "tensorflow"} & set(sys.modules)
    if without_keras:
        sys.modules["keras"] = None  # type: ignore[assignment]
    try:
        import tensorflow as tf
    finally:
        if without_keras:
            del sys.modules["keras"]

    if one_recording:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        loaded = tf.saved_model.load(str(path))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise InputError(f"{path} is not a SavedModel that TensorFlow can load") from error
    signature = getattr(loaded, "signatures", {}).get(SIGNATURE)
    takes = set(signature.structured_input_signature[1]) if signature is not None else set()
    gives = set(signature.structured_outputs) if signature is not None else set()
    if takes != set(INPUTS) or not set(OUTPUTS) <= gives:
        raise InputError(
            f"{path} is not a motor-unit model: its {SIGNATURE} takes {sorted(takes)} and gives "
            f"{sorted(gives)}"
        )

    def caller(name: str) -> Callable[..., dict[str, Any]]:
        # The reference to what was loaded keeps its variables alive.
        def call(**inputs: Any) -> dict[str, Any]:
            tensors = {key: tf.constant(value) for key, value in inputs.items()}
            return dict(loaded.signatures[name](**tensors))

        return call

    knows_signals = SIGNALS_SIGNATURE in loaded.signatures
    return caller(SIGNATURE), caller(SIGNALS_SIGNATURE) if knows_signals else None
