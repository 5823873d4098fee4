"""Draw figures for a paper from a result: vectors, letters of 8 points, a column or a page wide."""

import argparse
from pathlib import Path

from kmu.cli.options import add_result

HELP = "draw figures for a paper from a result"
KINDS = ("overview", "raster", "twitches", "unit", "rates")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu figure``."""
    add_result(parser)
    parser.add_argument(
        "--kind",
        nargs="+",
        choices=KINDS,
        default=["overview"],
        help="what to draw (default overview)",
    )
    parser.add_argument(
        "--format",
        nargs="+",
        choices=("pdf", "svg", "png"),
        default=["pdf"],
        help="the files to write (default pdf); png has 600 dots per inch",
    )
    parser.add_argument(
        "--width",
        type=int,
        choices=(85, 180),
        default=180,
        help="mm: a column or a page of a journal (default 180)",
    )
    parser.add_argument("--unit", type=int, metavar="ID", help="for --kind unit; default the best")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="STEM",
        help="path of the figures without .KIND.FORMAT; by default that of the result",
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads the result, then draws every figure."""
    from kmu.files import check_outputs
    from kmu.motor_units import MotorUnits
    from kmu.progress import say
    from kmu.report.figures import one_unit, save_figure
    from kmu.writing.native import read_power

    stem = arguments.output or arguments.result.with_suffix("")
    units = MotorUnits.load(arguments.result)
    wanted = {}
    for kind in arguments.kind:
        shown = f"unit{one_unit(units, arguments.unit).id}" if kind == "unit" else kind
        for form in arguments.format:
            wanted[stem.with_name(f"{stem.name}.{shown}.{form}")] = kind
    check_outputs(wanted, [arguments.result])
    power = read_power(arguments.result)
    for path, kind in wanted.items():
        save_figure(path, kind, units, width_mm=arguments.width, power=power, unit=arguments.unit)
    say(f"{len(units)} motor units: {', '.join(map(str, wanted))}")
    return 0
