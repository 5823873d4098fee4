"""A trained identifier as files that others can use: SavedModel, .keras, configuration, card."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kmu._version import __version__
from kmu.errors import InputError
from kmu.files import replacing
from kmu.models import Identifier
from kmu.models.golden import write_golden

FORMAT_VERSION = 1
INPUTS = {
    "velocity": tf.TensorSpec((None, None, None, None), tf.float32, "velocity"),
    "frame_rate": tf.TensorSpec((None,), tf.float32, "frame_rate"),
    "spacing": tf.TensorSpec((None, 2), tf.float32, "spacing"),
}


def export_identifier(
    identifier: Identifier, folder: Path, thresholds: dict[str, float], card: str
) -> Path:
    """Writes a version folder: SavedModel and ``model.keras`` with all that goes with them.

    Beside them lie ``config.json`` with thresholds and calibration, ``card.md`` and
    ``golden.npz`` (see :func:`kmu.models.golden.write_golden`).

    The signature ``serving_default`` takes ``velocity`` (B, T, Z, X) float32 in mm/s,
    ``frame_rate`` (B,) in Hz and ``spacing`` (B, 2) in mm, and gives what
    :class:`kmu.models.Identifier` returns. The signature ``signals`` also takes ``territory``
    (B, K, Z, X) and gives the trains and firings of these units. The folder appears whole or not
    at all.

    Args:
        identifier: trained.
        folder: the version folder, ``<name>/<version>``; an older one is replaced.
        thresholds: ``score`` and ``firing``, chosen on validation data.
        card: the model card, Markdown.

    Returns:
        The folder.
    """
    identifier.score_threshold = float(thresholds["score"])

    def alike(velocity: Any, frame_rate: Any, spacing: Any) -> dict[str, Any]:
        checks = [
            tf.debugging.assert_equal(
                values, values[:1], f"{name} must be equal for all recordings of a batch"
            )
            for name, values in (("frame_rate", frame_rate), ("spacing", spacing))
        ]
        with tf.control_dependencies([check for check in checks if check is not None]):
            velocity = tf.identity(velocity)
        return {"velocity": velocity, "frame_rate": frame_rate, "spacing": spacing}

    def serve(velocity: Any, frame_rate: Any, spacing: Any) -> dict[str, Any]:
        return identifier(alike(velocity, frame_rate, spacing))

    def signals(velocity: Any, frame_rate: Any, spacing: Any, territory: Any) -> dict[str, Any]:
        inputs = alike(velocity, frame_rate, spacing)
        return identifier.signals_of({**inputs, "territory": territory})

    temporary = folder.parent / f".{folder.name}-unfinished"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.parent.mkdir(parents=True, exist_ok=True)
    known = tf.TensorSpec((None, None, None, None), tf.float32, "territory")
    # Not keras.export.ExportArchive, which stores every weight twice.
    module = tf.Module()
    module.weights = [variable.value for variable in identifier.variables]
    module.serve = tf.function(serve, input_signature=list(INPUTS.values()))
    module.signals = tf.function(signals, input_signature=[*INPUTS.values(), known])
    signatures = {"serving_default": module.serve, "signals": module.signals}
    tf.saved_model.save(module, str(temporary), signatures=signatures)
    identifier.save(temporary / "model.keras")
    with replacing(temporary / "config.json") as path:
        path.write_text(json.dumps(_description(identifier, thresholds), indent=2) + "\n")
    with replacing(temporary / "card.md") as path:
        path.write_text(card)
    write_golden(temporary, identifier.score_threshold)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return folder


def _description(identifier: Identifier, thresholds: dict[str, float]) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "kmu": __version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "thresholds": {name: round(float(value), 4) for name, value in thresholds.items()},
        "calibration": {
            "scale": round(identifier.score_scale, 4),
            "offset": round(identifier.score_offset, 4),
            "firing_scale": round(identifier.firing_scale, 4),
            "firing_offset": round(identifier.firing_offset, 4),
        },
        "network": identifier.config.to_dict(),
    }


def load_identifier(folder: Path) -> Identifier:
    """Loads ``model.keras`` of a version folder as a Keras model, to train on or look into.

    Raises:
        InputError: if there is none, or it was written by a newer kmu.
    """
    path = folder / "model.keras"
    if not path.is_file():
        raise InputError(f"{folder} holds no model.keras")
    described = json.loads((folder / "config.json").read_text())
    if described.get("format_version", 1) > FORMAT_VERSION:
        raise InputError(
            f"{folder} has format version {described['format_version']}, this kmu reads up to "
            f"{FORMAT_VERSION}: upgrade kmu"
        )
    return keras.saving.load_model(path, compile=False)


def count_weights(identifier: Identifier) -> int:
    """Number of weights."""
    return int(sum(np.prod(variable.shape) for variable in identifier.variables))
