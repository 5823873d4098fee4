"""Check a result on the recording that it came from, without knowing the true units.

Simulated units are added to the recording and looked for, another method is asked, firings are
moved, the recording is compared with those the model learned from, and with --rest a recording of
the relaxed muscle shows what is found where nothing is. Thresholds, blocks and preparation are
those that the result was made with.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmu.cli.options import add_model_option, add_result
from kmu.cli.reading import add_reading_options, reading_options

if TYPE_CHECKING:
    from kmu.motor_units import MotorUnits

HELP = "check a result on its own recording: added units, rest, another method"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu check``."""
    parser.add_argument("file", type=Path, metavar="RECORDING", help="the recording")
    add_result(parser)
    add_reading_options(parser)
    parser.add_argument(
        "--rest",
        type=Path,
        metavar="FILE",
        help="a recording of the relaxed muscle, read in the same way",
    )
    add_model_option(parser, "the one that the result names")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the added units (default 0)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.json",
        help="all figures; by default RESULT.check.json beside the result",
    )
    parser.add_argument(
        "--report", type=Path, metavar="HTML", help="the report page; by default OUT.html"
    )
    parser.add_argument(
        "--methods", action="store_true", help="print a paragraph for a methods section instead"
    )


def run(arguments: argparse.Namespace) -> int:
    """Checks, writes JSON and page, prints a few lines or the paragraph."""
    import json

    from kmu.errors import InputError
    from kmu.files import check_outputs, replacing
    from kmu.motor_units import MotorUnits
    from kmu.progress import say
    from kmu.reading.single import inputs_of
    from kmu.report.checked import write_checked
    from kmu.trust import check
    from kmu.trust.told import methods_paragraph, table

    result: Path = arguments.result
    output = arguments.output or result.with_name(f"{result.stem}.check.json")
    page = arguments.report or output.with_suffix(".html")
    if output.suffix != ".json":
        raise InputError(f"{output}: the figures are JSON, so its name must end in .json")
    rest, model = arguments.rest, arguments.model
    check_outputs([output, page], [*inputs_of(arguments.file, result, model), *inputs_of(rest)])
    units = MotorUnits.load(result)
    checked = check(
        arguments.file,
        units,
        rest=arguments.rest,
        model=arguments.model,
        seed=arguments.seed,
        **_as_read(reading_options(arguments), units),
    )
    for warning in checked.warnings:
        say(f"warning: {warning}")
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(checked.summary(), indent=1, allow_nan=False) + "\n")
    write_checked(checked, result, page)
    print(methods_paragraph(checked) if arguments.methods else table(checked))
    say(f"{output}, {page}")
    return 0


def _as_read(options: dict[str, Any], units: "MotorUnits") -> dict[str, Any]:
    """What was not said is what the result says of how its recording was read."""
    source = units.provenance.get("source", {})
    for name in ("axes", "variable", "kind"):
        if options[name] is None:
            options[name] = source.get(name)
    return options
