"""What ``kmu identify`` settles before its work: where results go, and which options fit."""

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kmu.errors import InputError

if TYPE_CHECKING:
    from kmu.report import Outputs


def result_names(files: Sequence[Path], output: str | None) -> list[Path]:
    """Where the results go.

    Args:
        files: the recordings.
        output: a file for one recording, a folder, or None for beside each of them.

    Raises:
        InputError: if one file is named for several results.
    """
    into = Path(output) if output else None
    folder = output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())
    if into is not None and not folder:
        if len(files) == 1:
            return [into]
        if into.suffix in (".h5", ".hdf5"):
            raise InputError(f"{into} is one file for {len(files)} recordings: give -o FOLDER/")
    places = [file.resolve() for file in files]
    names = [(into or place.parent) / f"{place.stem}.units.h5" for place in places]
    # trial.mat and trial.npy keep their suffixes.
    count = Counter(names)
    return [
        name if count[name] == 1 else name.with_name(f"{place.name}.units.h5")
        for name, place in zip(names, places, strict=True)
    ]


def check_several(arguments: argparse.Namespace, count: int) -> None:
    """Refuses options that belong to one recording where there are several."""
    for name in ("figure", "report", "firings"):
        if count > 1 and getattr(arguments, name):
            raise InputError(f"--{name} goes with one recording; {count} are given")


def check_distinct(outputs: Sequence["Outputs"]) -> None:
    """Refuses results of several recordings that would be the same file."""
    twice = [path for path, n in Counter(one.result for one in outputs).items() if n > 1]
    if twice:
        raise InputError(
            f"{twice[0]} would be written twice, for recordings of the same name in different "
            "folders: leave out -o, or identify one folder at a time"
        )


def check_known(arguments: argparse.Namespace) -> None:
    """Refuses options that do not go with known units, or not without."""
    if arguments.also_new and not arguments.units:
        raise InputError("--also-new needs --units EARLIER.h5")
    if arguments.units and arguments.min_quality:
        raise InputError("--min-quality drops units, --units says of each what it does: give one")


def check_share(name: str, value: float | None) -> None:
    """Refuses what is not a number from 0 to 1; None is not asked for."""
    if value is not None and not 0 <= value <= 1:
        raise InputError(f"{name} {value:g} must lie in 0 to 1")
