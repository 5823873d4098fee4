"""Show what is in a recording's file and propose the command that identifies its motor units."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmu.reading import Contents, Variable

HELP = "show what is in a recording's file and propose the command"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu inspect``."""
    parser.add_argument("file", type=Path, help="file or folder")


def run(arguments: argparse.Namespace) -> int:
    """Prints the contents and a command; what the command still needs stands in capitals."""
    from kmu.reading import contents
    from kmu.reading.proposal import propose

    found = _folder(arguments.file) if arguments.file.is_dir() else contents(arguments.file)
    print(f"{arguments.file}: {found.format}")
    for variable in found.variables:
        print(_line(variable))
    for name, kind in found.unreadable.items():
        print(f"  {name}: {kind}, not readable as an array")
    if {"territory", "twitch_train", "firing_times"} <= {item.name for item in found.variables}:
        print("\nThese are motor units that were found (or simulated), not a recording.")
        return 0
    sequences = [variable for variable in found.variables if variable.is_sequence]
    # IQ frames may have an axis of I and Q, or of transmits.
    sequences = sequences or [v for v in found.variables if v.has_axes(4) or v.has_axes(5)]
    if not sequences:
        print("\nNo array of numbers with three axes: this is no recording.")
        return 0
    proposal = propose(found, sequences, arguments.file)
    print("\nSaid by the file:" + ("" if proposal.said else " nothing about the recording"))
    widths = [max((len(row[i]) for row in proposal.said), default=0) for i in range(2)]
    for name, value, place in proposal.said:
        print(f"  {name:<{widths[0]}}  {value:<{widths[1]}}  read from: {place}")
    for sentence in proposal.refused:
        print(f"  not used, {sentence}")
    print("To find its motor units:\n  " + proposal.command)
    for need in proposal.needed:
        print(f"  {need}")
    return 0


def _folder(path: Path) -> "Contents":
    from kmu.errors import InputError
    from kmu.reading import contents

    try:
        return contents(path)
    except InputError as error:
        if "--axes" not in str(error):
            raise
        # Files of several images each can be joined along any axis; any will do for looking.
        return contents(path, axes="zxt")


def _line(variable: "Variable") -> str:
    import numpy as np

    shape = " x ".join(map(str, variable.shape)) or "scalar"
    line = f"  {variable.name}: {shape} {variable.dtype}"
    if np.prod(variable.shape) == 1 and variable.dtype.kind in "fiuUS":
        line += f" = {variable.values().ravel()[0]}"
    return line
