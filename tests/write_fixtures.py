"""Writes the files of this version of kmu that every later one must read; once, at its release.

``python tests/write_fixtures.py`` makes ``tests/fixtures/VERSION`` and leaves one that is there as
it is. What is in the files stands beside them in ``expected.json``, so that a reader is compared
with what was written then, not with what is written now.
"""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from twitching_muscle import muscle

from kmu._version import __version__
from kmu.analysis.curation import write_curated
from kmu.analysis.physiology import measure
from kmu.config import NETWORK_PRESETS, TRAINING_PRESETS
from kmu.evaluation.entries import entry_from_scores
from kmu.evaluation.scores import score_recording
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.writing import write_result

FOLDER = Path(__file__).parent / "fixtures"
EDITS = [
    {"action": "accept", "unit": 1, "note": "clear"},
    {"action": "split", "unit": 2, "at": 0.8},
    {"action": "firings", "unit": 1, "remove": [0.23], "add": [0.25]},
]


def told(units: MotorUnits) -> dict:
    """What a result holds, in numbers that can be compared."""
    return {
        "ids": units.ids.tolist(),
        "score": units.score.tolist(),
        "firings": [times.tolist() for times in units.firings],
        "frame_rate": units.frame_rate,
        "spacing": list(units.spacing),
        "mass": units.territory.sum((1, 2), dtype=np.float64).tolist(),
        "peak": [float(train.max()) for train in units.twitch_train],
        "frames": units.twitch_train.shape[1],
        "provenance": dict(units.provenance),
    }


def small_result() -> tuple[Recording, MotorUnits]:
    """A recording of 30 frames and two units with 1.5 s of trains."""
    recording, units = muscle(2, 1.5)
    small = Recording(recording.velocity[:30, :8, :10], 100.0, (1.0, 0.5), {"subject": "S1"})
    firings = [np.round(times, 4) for times in units.firings]
    firings[0] = np.sort(np.append(firings[0], 0.23))
    provenance = {"kmu": __version__, "model": "kmu/3", "options": {"band": [5.0, 35.0]}}
    return small, MotorUnits(
        units.territory, units.twitch_train, firings, units.score, units.frame_rate, units.spacing,
        ids=np.array([7, 4]), provenance=provenance,
    )  # fmt: skip


def write(folder: Path) -> None:
    """All files of this version."""
    folder.mkdir(parents=True)
    recording, units = small_result()
    recording.save(folder / "recording.h5")
    columns = measure(units)
    for form in ("hdf5", "matlab", "csv", "openhdemg", "bids"):
        write_result(units, folder / "result.h5", form, columns)
    (folder / "edits.json").write_text(json.dumps({"edits": EDITS}) + "\n")
    curated = write_curated(folder / "result.h5", EDITS, folder / "curated.h5")
    scores = entry_from_scores(score_recording(units, units))
    (folder / "scores.json").write_text(json.dumps({"scores": scores}) + "\n")
    (folder / "training.json").write_text(TRAINING_PRESETS["fine_tune"].to_json())
    expected = {
        "recording": {
            "shape": list(recording.velocity.shape),
            "sum": float(recording.velocity.sum(dtype=np.float64)),
            "frame_rate": 100.0,
            "spacing": [1.0, 0.5],
            "meta": recording.meta,
        },
        "result": told(units),
        "curated": told(curated),
        "measures": {name: np.nan_to_num(values).tolist() for name, values in columns.items()},
        "training": TRAINING_PRESETS["fine_tune"].to_dict(),
        "network": write_network(folder / "network"),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_network(folder: Path) -> dict:
    """A small network as training saves it, and what it answers."""
    import keras

    from kmu.models import Identifier
    from kmu.models.export import FORMAT_VERSION

    keras.utils.set_random_seed(3)
    identifier = Identifier(NETWORK_PRESETS["tiny"], score_threshold=0.0)
    identifier.build()
    folder.mkdir()
    identifier.save(folder / "model.keras")
    _packed(folder / "model.keras")
    described = {
        "format_version": FORMAT_VERSION,
        "kmu": __version__,
        "thresholds": {"score": 0.5, "firing": 0.4},
        "network": identifier.config.to_dict(),
    }
    (folder / "config.json").write_text(json.dumps(described, indent=1) + "\n")
    return answer(identifier)


def _packed(path: Path) -> None:
    """Compresses what Keras only stores."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in parts.items():
            file.writestr(name, content)


def answer(identifier) -> dict:
    """Scores and the largest velocities that a network gives for a recording made by a formula."""
    time, z, x = np.ogrid[:60, :16, :16]
    velocity = np.sin(0.7 * time + 0.3 * z) * np.exp(-((z - 7) ** 2 + (x - 8) ** 2) / 20)
    found = identifier(
        {
            "velocity": velocity[None].astype(np.float32),
            "frame_rate": np.array([100.0], np.float32),
            "spacing": np.array([[0.625, 0.625]], np.float32),
        }
    )
    score, train = (np.asarray(found[name])[0] for name in ("score", "twitch_train"))
    return {"score": score.tolist(), "largest": np.abs(train).max(1).tolist()}


def main() -> int:
    """Writes the folder of this version if there is none."""
    folder = FOLDER / __version__
    if folder.exists():
        print(f"{folder} is there already, and stays as it is", file=sys.stderr)
        return 2
    write(folder)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
