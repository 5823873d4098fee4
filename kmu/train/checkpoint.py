"""Checkpoints of a training run: everything that a step depends on, in one file."""

from pathlib import Path
from typing import Any

import numpy as np

from kmu.errors import InputError
from kmu.files import replacing


def save_checkpoint(path: Path, variables: list[Any], phase: str, step: int) -> None:
    """Writes all variables (weights, optimizer, random states) and where training stands.

    Args:
        path: the checkpoint; an older one is replaced in one move.
        variables: Keras variables, in an order that construction fixes.
        phase: the phase of training.
        step: steps done in that phase.
    """
    arrays: dict[str, Any] = {
        f"v{index}": np.asarray(variable) for index, variable in enumerate(variables)
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, phase=np.array(phase), step=np.array(step), **arrays)


def checkpoint_position(path: Path) -> tuple[str, int] | None:
    """(phase, step) of a checkpoint, or None if there is none."""
    if not path.exists():
        return None
    with np.load(path) as file:
        return str(file["phase"]), int(file["step"])


def load_checkpoint(path: Path, variables: list[Any]) -> None:
    """Puts a checkpoint's values back into variables of the same construction.

    Raises:
        InputError: if the checkpoint is of another network or optimizer.
    """
    with np.load(path) as file:
        if len(file.files) - 2 != len(variables):
            raise InputError(f"{path} is of another network; train in another folder (--out)")
        for index, variable in enumerate(variables):
            value = file[f"v{index}"]
            if tuple(value.shape) != tuple(variable.shape):
                raise InputError(f"{path} is of another network; train in another folder (--out)")
            variable.assign(value)
