"""Write a result, or a curated one, in the formats that other tools read."""

import argparse
from pathlib import Path

HELP = "write a result for MATLAB, as CSV, openhdemg, NWB or BIDS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu export``."""
    parser.add_argument(
        "result",
        type=Path,
        metavar="RESULT.h5",
        help="of kmu identify or curate, or a .mat file of kmu export",
    )
    parser.add_argument(
        "--to",
        nargs="+",
        required=True,
        choices=("hdf5", "matlab", "csv", "openhdemg", "nwb", "bids"),
        help="the formats",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="STEM",
        help="path of the new files without their endings; by default that of the result",
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads the result and writes every format."""
    from importlib.util import find_spec

    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import say
    from kmu.writing import read_result, write_result, written_paths

    result, stem = arguments.result, arguments.output
    # The stem is taken whole, so that trial.filtered stays trial.filtered.
    place = result if stem is None else stem.with_name(stem.name + ".h5")
    forms = list(dict.fromkeys(arguments.to))
    if "nwb" in forms and find_spec("pynwb") is None:
        raise InputError("NWB files need pynwb: pip install 'kmu[nwb]'")
    check_outputs([path for form in forms for path in written_paths(place, form)], [result])
    units, measures = read_result(result)
    for name, values in measures.items():
        if values.shape != (len(units),):
            raise InputError(f"{result}: its measure {name} is not one number for each unit")
    written = [write_result(units, place, form, measures) for form in forms]
    say(f"{len(units)} motor units: {', '.join(map(str, written))}")
    return 0
