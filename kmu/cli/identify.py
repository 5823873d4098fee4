"""Find the motor units of a recording, or of several one after the other.

On many cores or a cluster, and to go on where a run was stopped: ``kmu batch``.
"""

import argparse
import sys
from pathlib import Path

from kmu.cli.options import (
    add_analysis_options,
    add_model_option,
    add_result_options,
    analysis_options,
)
from kmu.cli.reading import add_reading_options, reading_options

HELP = "find the motor units of a recording, or of several"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu identify``."""
    parser.add_argument(
        "files",
        metavar="file",
        type=Path,
        nargs="+",
        help="MATLAB, NumPy, HDF5 or zea file, folder of numbered files, or folder of recordings; "
        "several are identified one after the other (on a cluster: kmu batch)",
    )
    add_reading_options(parser)
    add_model_option(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT.h5",
        help="the result, or a folder for FILE.units.h5; by default beside the recording",
    )
    add_result_options(parser)
    add_analysis_options(parser)
    parser.add_argument(
        "--units",
        type=Path,
        metavar="EARLIER.h5",
        help="a result of an earlier recording of the muscle: its units are looked for in this one",
    )
    parser.add_argument(
        "--also-new", action="store_true", help="with --units: add the units found beside them"
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads, identifies, then writes, file by file; of a file that fails nothing is written."""
    from kmu.errors import InputError
    from kmu.identification.finding import find_model
    from kmu.progress import say
    from kmu.reading.firings import with_own_firings
    from kmu.reading.several import recordings_of
    from kmu.reading.single import inputs_of
    from kmu.report.names import Written, check_distinct, result_names
    from kmu.report.one_file import identify_file
    from kmu.tracking.seen import load_seen

    if arguments.also_new and not arguments.units:
        raise InputError("--also-new needs --units EARLIER.h5")
    if arguments.units and arguments.min_quality:
        raise InputError("--min-quality drops units, --units says of each what it does: give one")
    options = analysis_options(arguments)
    model = find_model(arguments.model)
    given = [
        found
        for file in arguments.files
        for found in recordings_of(file, arguments.variable, arguments.axes)
    ]
    files = list({file.resolve(): file for file in given}.values())
    written = Written.told(arguments.figure, arguments.report, arguments.export, len(files))
    outputs = [written.of(result) for result in result_names(files, arguments.output)]
    own = [with_own_firings(options, file, len(files) > 1) for file in files]
    firings = [Path(one.firings) for one in own if one.firings]
    inputs = [one for file in files for one in inputs_of(file, arguments.units, arguments.model)]
    inputs += firings
    for one in outputs:
        one.check(inputs)
    check_distinct(outputs)
    earlier = load_seen(arguments.units) if arguments.units else None
    failed = 0
    for file, one, chosen in zip(files, outputs, own, strict=True):
        try:
            identify_file(
                file,
                one,
                model,
                chosen,
                reading_options(arguments),
                earlier=earlier,
                also_new=arguments.also_new,
                one_recording=len(files) == 1,
            )
        except InputError as error:
            if len(files) == 1:
                raise
            failed += 1
            where = "" if str(file) in str(error) else f"{file}: "
            print(f"kmu: {where}{error}", file=sys.stderr)
    if failed:
        raise InputError(f"{failed} of {len(files)} recordings failed, for the reasons above")
    if len(files) > 1:
        say(f"{len(files)} recordings identified")
    return 0
