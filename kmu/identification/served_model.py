"""Finding and loading the SavedModel that identifies motor units."""

import json
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.progress import silenced

SIGNATURE = "serving_default"
# Trains of units with known territories; models of older exports lack it.
SIGNALS_SIGNATURE = "signals"
INPUTS = ("velocity", "frame_rate", "spacing")
OUTPUTS = ("territory", "twitch_train", "firing_probability", "score", "valid")
DEFAULT_NAME = "kmu"
# Of models whose config.json does not say at what rate they work, Hz.
DEFAULT_RATE = 100.0
# Used where a model comes without thresholds of its own.
_DEFAULT_THRESHOLDS = {"score": 0.5, "firing": 0.5}
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
        call: the signature, arrays in and a dictionary of arrays out.
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
        import tensorflow as tf

        answer = self.call(
            velocity=tf.constant(velocity[None]),
            frame_rate=tf.constant([frame_rate], tf.float32),
            spacing=tf.constant([spacing], tf.float32),
        )
        return {name: answer[name].numpy()[0] for name in OUTPUTS}

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
        import tensorflow as tf

        if self.call_signals is None:
            raise InputError(f"{self.path} has no signature {SIGNALS_SIGNATURE}: export it anew")
        answer = self.call_signals(
            velocity=tf.constant(velocity[None]),
            frame_rate=tf.constant([frame_rate], tf.float32),
            spacing=tf.constant([spacing], tf.float32),
            territory=tf.constant(territory[None], tf.float32),
        )
        return answer["twitch_train"].numpy()[0], answer["firing_probability"].numpy()[0]


def find_model(model: str | os.PathLike[str] | None = None) -> Path:
    """The version folder of a model.

    Args:
        model: a version folder, a folder of versions, a name under ``saved_models``, or None for
            the model that came with kmu.

    Raises:
        InputError: if there is none.
    """
    if model is not None:
        found = _newest(Path(model))
        if found is not None:
            return found
    name = str(model) if model is not None else DEFAULT_NAME
    package = Path(__file__).resolve().parents[1]
    homes = [package / "saved_models", package.parent / "saved_models"]
    for home in homes:
        found = _newest(home / name)
        if found is not None:
            return found
    if model is None:
        raise InputError(
            "no trained model came with this kmu; train one (python -m kmu.train) and give it with "
            "--model"
        )
    # Only now: in a checkout there is a folder kmu that is not the model of that name.
    if Path(name).exists():
        raise InputError(
            f"{model} holds no SavedModel (a folder with saved_model.pb, or folders 1, 2, ...)"
        )
    raise InputError(f"there is no model {name!r}: neither such a folder nor a model of kmu's own")


def load_model(
    model: str | os.PathLike[str] | None = None, one_recording: bool = False
) -> ServedModel:
    """Loads a SavedModel with plain TensorFlow; the two models used last are kept in memory.

    A kept model is given again as long as its files have not changed. Threads that ask for the
    same model at once get the same one.

    Args:
        model: as :func:`find_model` takes it.
        one_recording: this process identifies one recording and ends. TensorFlow's optimisation
            of graphs, which takes two seconds at the first call and hardly speeds up later ones,
            is then turned off, for the whole process.

    Raises:
        InputError: if there is none, it is damaged, or it has another signature.
    """
    path = find_model(model).resolve()
    files = (path / "saved_model.pb", path / "variables" / "variables.index", path / "config.json")
    key = (path, *(file.stat().st_mtime_ns if file.is_file() else None for file in files))
    with _keeping:
        if key not in _kept:
            with silenced():
                _kept[key] = _loaded(path, one_recording)
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def _loaded(path: Path, one_recording: bool) -> ServedModel:
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
        return lambda **inputs: dict(loaded.signatures[name](**inputs))

    knows_signals = SIGNALS_SIGNATURE in loaded.signatures
    return ServedModel(
        path,
        _thresholds(path),
        caller(SIGNATURE),
        caller(SIGNALS_SIGNATURE) if knows_signals else None,
        model_rate(path),
    )


def model_rate(path: Path) -> float:
    """The frame rate in Hz at which a model works, which needs no TensorFlow to know.

    Args:
        path: a version folder.

    Raises:
        InputError: if its config.json is damaged.
    """
    config = _config(path)
    try:
        return float(config.get("network", {}).get("grid", {}).get("frame_rate", DEFAULT_RATE))
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{path / 'config.json'} names no frame rate of the network: damaged?"
        ) from error


def _newest(folder: Path) -> Path | None:
    """The folder itself if it is a SavedModel, else its highest numbered one."""
    if (folder / "saved_model.pb").is_file():
        return folder
    if not folder.is_dir():
        return None
    versions = [item for item in folder.iterdir() if item.name.isdigit()]
    for version in sorted(versions, key=lambda item: int(item.name), reverse=True):
        if (version / "saved_model.pb").is_file():
            return version
    return _newest(folder / "saved_model") if folder.name != "saved_model" else None


def _thresholds(path: Path) -> dict[str, float]:
    given = _config(path).get("thresholds", {})
    return {name: float(given.get(name, value)) for name, value in _DEFAULT_THRESHOLDS.items()}


def _config(path: Path) -> dict[str, Any]:
    """What a model says of itself; empty where it says nothing."""
    try:
        config = json.loads((path / "config.json").read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path / 'config.json'} is not readable JSON: damaged?") from error
    return config if isinstance(config, dict) else {}
