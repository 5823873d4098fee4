"""Find the motor units of many recordings: files, folders, globs; resumable, on any Beam runner.

Takes the options of ``kmu identify`` and writes for each recording what that writes. Results lie
in folders named as those of the recordings.
"""

import argparse
from pathlib import Path

from kmu.cli.options import (
    add_analysis_options,
    add_model_option,
    add_result_options,
    analysis_options,
)
from kmu.cli.reading import add_reading_options, reading_options

HELP = "find the motor units of many recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu batch``."""
    parser.add_argument(
        "files", nargs="+", help="recordings, folders of them, or globs such as 'day1/**/*.mat'"
    )
    add_reading_options(parser)
    add_model_option(parser)
    parser.add_argument(
        "-o",
        "--output",
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder for the results; by default they lie beside the recordings",
    )
    add_result_options(parser)
    add_analysis_options(parser)
    parser.add_argument("--workers", type=int, default=1, help="processes on this machine")
    parser.add_argument(
        "--beam",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option for Beam, such as --beam=--runner=FlinkRunner; may be given often",
    )


def run(arguments: argparse.Namespace) -> int:
    """Identifies what is missing; returns 1 if a file failed."""
    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import errors_only, say

    try:
        # Beam warns of every file system in the cloud that it does without.
        with errors_only():
            from kmu.batch import FAILURES, RESULTS, find_files, plan, run_batch
    except ImportError as error:
        raise InputError(f"kmu batch needs {error.name}; run: pip install 'kmu[batch]'") from error
    from kmu.reading.single import inputs_of
    from kmu.report.names import Written

    if arguments.workers < 1:
        raise InputError(f"--workers is {arguments.workers}; give 1 or more")
    options, reading = analysis_options(arguments), reading_options(arguments)
    files, base = find_files(arguments.files, arguments.variable, arguments.axes)
    # However many files there are, options are those of many.
    written = Written.told(arguments.figure, arguments.report, arguments.export, count=0)
    tasks = plan(files, base, arguments.output, reading, options, written)
    out = arguments.output or base
    inputs = [one for file in files for one in inputs_of(file, arguments.model)]
    inputs += [*(Path(task.options.firings) for task in tasks if task.options.firings)]
    made = [written.of(Path(task.result)) for task in tasks]
    made[0].check_names()
    paths = [path for one in made for path in one.paths]
    check_outputs([out / RESULTS, out / FAILURES, *paths, *(task.record for task in tasks)], inputs)
    results, failures = run_batch(
        tasks, out, arguments.model, workers=arguments.workers, beam_options=arguments.beam
    )
    say(f"{len(results)} results in {out / RESULTS}, {len(failures)} failures in {out / FAILURES}")
    return int(bool(failures))
