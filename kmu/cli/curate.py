"""Apply a list of edits (accept, reject, merge, split) to a result, which is kept with it."""

import argparse
from pathlib import Path

HELP = "accept, reject, merge or split units of a result"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu curate``."""
    parser.add_argument("result", type=Path, help="result of kmu identify (HDF5)")
    parser.add_argument("--edits", type=Path, required=True, metavar="JSON", help="the edit list")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.h5", help="the curated result"
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the curated result."""
    from kmu.analysis.curation import load_original, read_edits, write_curated
    from kmu.files import check_outputs
    from kmu.progress import say

    check_outputs([arguments.output], [arguments.result, arguments.edits])
    edits = read_edits(arguments.edits)
    before = len(load_original(arguments.result))
    after = write_curated(arguments.result, edits, arguments.output)
    say(f"{before} motor units before, {len(after)} after {len(edits)} edits: {arguments.output}")
    return 0
