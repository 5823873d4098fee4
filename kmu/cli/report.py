"""Make the report page of a result again, also of a curated one."""

import argparse
from pathlib import Path

from kmu.cli.options import add_result
from kmu.cli.reading import add_reading_options

HELP = "make the report page of a result again, also of a curated one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu report``."""
    add_result(parser)
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="FILE",
        help="the recording it was found in: adds the velocity movie, regressed maps and what the "
        "units leave; what the result knows of the file need not be said again",
    )
    parser.add_argument(
        "--force",
        type=Path,
        metavar="CSV",
        help="a force trace: two columns, time in s and force, shown below the trains",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="HTML", help="the page; by default RESULT.html"
    )
    add_reading_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Reads the result, and the recording if it is given, and writes the page."""
    from kmu.cli.reading import reading_options
    from kmu.files import check_outputs
    from kmu.motor_units import MotorUnits
    from kmu.progress import say
    from kmu.reading import open_recording
    from kmu.reading.single import inputs_of
    from kmu.report import stored_report, write_page
    from kmu.report.page.stored import read_force

    result: Path = arguments.result
    output = arguments.output or result.with_suffix(".html")
    check_outputs([output], inputs_of(arguments.recording, result, arguments.force))
    force = read_force(arguments.force) if arguments.force else None
    source = None
    if arguments.recording is not None:
        made = MotorUnits.load(result).provenance.get("source", {})
        # What the command says counts more than what the result remembers.
        known = {name: made[name] for name in ("variable", "axes", "kind", "unit") if name in made}
        if made:
            known |= {"frame_rate": made["frame_rate_hz"], "spacing": tuple(made["spacing_mm"])}
        said = {name: v for name, v in reading_options(arguments).items() if v is not None}
        source = open_recording(arguments.recording, **{**known, **said})
    report = stored_report(result, source, force)
    write_page(report, output)
    say(f"{len(report.units)} motor units: {output}")
    return 0
