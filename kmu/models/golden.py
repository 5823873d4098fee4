"""A golden input and output beside each model, to see that it answers elsewhere as it did here.

``python -m kmu.models.golden saved_models/kmu/9`` writes ``golden.npz`` into a
version folder; exporting a model does so too.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmu.errors import InputError, exit_code
from kmu.files import replacing
from kmu.recording import Recording
from kmu.simulation import simulate

FILE = "golden.npz"
# The side of the square of pixels that territories are averaged over.
BLOCK = 4
_SEEDS = range(4_000_000, 4_000_008)
# A second away from the model's own grid and rate, so that resampling is tested too.
_OVERRIDES: dict[str, Any] = {"frame_rate": 120.0, "duration": 0.8, "spacing": (0.7, 0.65)}

Answers = dict[str, np.ndarray]
Model = Callable[..., dict[str, Any]]


def write_golden(folder: Path, threshold: float) -> Path:
    """Writes ``golden.npz`` of the SavedModel in a version folder.

    Of eight small simulated recordings it takes the one whose units are clearest: two or more
    valid ones, with scores far from each other and from the threshold, so that rounding on
    another processor changes neither which are valid nor their order.

    The file holds ``velocity`` (T, Z, X) float16 mm/s, ``frame_rate`` () Hz, ``spacing`` (2,) mm
    and ``seed``; of the answer ``score`` (K,) and ``valid`` (K,) of all candidates, and of the V
    valid ones ``twitch_train`` (V, T) mm/s, ``firing_probability`` (V, T) and ``territory``
    (V, Z / 4, X / 4), means over 4 x 4 pixels.

    Args:
        folder: with ``saved_model.pb``.
        threshold: the model's score threshold.

    Returns:
        The file.

    Raises:
        InputError: if the folder holds no SavedModel.
    """
    import tensorflow as tf

    if not (folder / "saved_model.pb").is_file():
        raise InputError(f"{folder} holds no SavedModel (saved_model.pb)")
    loaded = tf.saved_model.load(str(folder))
    clearest: tuple[tuple[bool, float], dict[str, Any]] | None = None
    for seed in _SEEDS:
        recording, _ = simulate("tiny", seed=seed, **_OVERRIDES)
        velocity = recording.velocity.astype(np.float16)
        answers = _answers(loaded.signatures["serving_default"], velocity, recording)
        clear = _clearness(answers, threshold)
        if clearest is None or clear > clearest[0]:
            given = {
                "velocity": velocity,
                "frame_rate": np.float32(recording.frame_rate),
                "spacing": np.array(recording.spacing, np.float32),
                "seed": np.int64(seed),
            }
            clearest = clear, given | answers
    assert clearest is not None
    with replacing(folder / FILE) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **clearest[1])
    return folder / FILE


def _answers(signature: Model, velocity: np.ndarray, recording: Recording) -> Answers:
    """What ``golden.npz`` holds of a model's answer."""
    import tensorflow as tf

    found = signature(
        velocity=tf.constant(velocity[None].astype(np.float32)),
        frame_rate=tf.constant([recording.frame_rate], tf.float32),
        spacing=tf.constant([recording.spacing], tf.float32),
    )
    values = {name: np.asarray(tensor)[0] for name, tensor in found.items()}
    valid = values["valid"]
    territory = values["territory"][valid]
    count, depth, width = territory.shape
    blocks = territory.reshape(count, depth // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return {
        "score": values["score"],
        "valid": valid,
        "twitch_train": values["twitch_train"][valid],
        "firing_probability": values["firing_probability"][valid],
        "territory": blocks.mean((2, 4)),
    }


def _clearness(answers: Answers, threshold: float) -> tuple[bool, float]:
    """Whether there are two valid units, and the smallest distance that must not be crossed."""
    score, valid = answers["score"], answers["valid"]
    gaps = [*np.abs(score - threshold), *-np.diff(score[valid])]
    return int(valid.sum()) >= 2, float(min(gaps))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the golden files of the version folders named."""
    import json

    parser = argparse.ArgumentParser(prog="python -m kmu.models.golden", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="version folders")
    for folder in parser.parse_args(argv).folders:
        described = folder / "config.json"
        if not described.is_file():
            raise InputError(f"{folder} holds no config.json")
        threshold = json.loads(described.read_text())["thresholds"]["score"]
        print(write_golden(folder, float(threshold)))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
