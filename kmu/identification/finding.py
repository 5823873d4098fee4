"""Where a model lies, and what it says of itself; needs no TensorFlow."""

import json
import os
from pathlib import Path
from typing import Any

from kmu.errors import InputError

DEFAULT_NAME = "kmu"
# Of models whose config.json does not say at what rate they work, Hz.
DEFAULT_RATE = 100.0
# Used where a model comes without thresholds of its own.
_DEFAULT_THRESHOLDS = {"score": 0.5, "firing": 0.5}


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


def model_thresholds(path: Path) -> dict[str, float]:
    """What ``score`` and ``firing`` probability must reach, tuned on validation data."""
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
