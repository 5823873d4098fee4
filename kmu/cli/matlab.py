"""Print the folder of kmu's functions for MATLAB and Octave, for their addpath."""

import argparse

HELP = "print the folder of the functions for MATLAB and Octave"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``kmu matlab`` has no arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Prints the path and nothing else."""
    from pathlib import Path

    import kmu

    print(Path(kmu.__file__).resolve().parent / "matlab")
    return 0
