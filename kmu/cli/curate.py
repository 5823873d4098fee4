"""Apply a list of edits to a result, which is kept with it; or compare two curators' lists."""

import argparse
from pathlib import Path

from kmu.cli.options import add_result

HELP = "accept, reject, merge or split units of a result"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu curate``."""
    add_result(parser, nargs="?")
    parser.add_argument(
        "--edits", type=Path, metavar="JSON", help="the edit list, such as the report page saves"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.h5",
        help="the curated result; by default RESULT.curated.h5 beside the result",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        nargs=2,
        metavar=("A.json", "B.json"),
        help="instead: how far two edit lists agree; with RESULT.h5 over all of its units, "
        "without over those up to the last that is named",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the curated result, or prints the comparison."""
    from kmu.errors import InputError

    if arguments.compare:
        if arguments.edits or arguments.output:
            raise InputError("--compare only compares: leave out --edits and --output")
        return compare(arguments)
    needed = {"RESULT.h5": "result", "--edits": "edits"}
    missing = [name for name, field in needed.items() if getattr(arguments, field) is None]
    if missing:
        raise InputError(f"kmu curate needs {', '.join(missing)} (or --compare A.json B.json)")
    return apply(arguments)


def apply(arguments: argparse.Namespace) -> int:
    """Writes the curated result."""
    from kmu.analysis.curation import load_original, read_edits, write_curated
    from kmu.files import check_outputs
    from kmu.progress import say

    result: Path = arguments.result
    output = arguments.output or result.with_name(f"{result.stem}.curated.h5")
    check_outputs([output], [result, arguments.edits])
    edits = read_edits(arguments.edits)
    before = len(load_original(result))
    after = write_curated(result, edits, output)
    say(f"{before} motor units before, {len(after)} after {len(edits)} edits: {output}")
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """Prints agreement, Cohen's kappa and the units that two lists differ on."""
    from kmu.analysis.curation import load_original, read_edits
    from kmu.analysis.curators import compare_edits, most_named

    one, other = (read_edits(path) for path in arguments.compare)
    if arguments.result is None:
        count = max(most_named(one), most_named(other))
    else:
        count = len(load_original(arguments.result))
    found = compare_edits(one, other, count)
    share = f" ({found.same / count:.0%})" if count else ""
    # Not a number where there is nothing that could have differed by chance.
    kappa = f"{found.kappa:.3f}" if found.kappa == found.kappa else "undefined (one category)"
    print(f"units compared: {count}")
    print(f"same decision: {found.same}{share}")
    print(f"Cohen's kappa: {kappa}")
    for unit, first, second in found.differences:
        print(f"unit {unit}: {first} | {second}")
    return 0
