"""Find the motor units of many recordings: files or globs, resumable, on any Beam runner."""

import argparse
from pathlib import Path

HELP = "find the motor units of many recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu batch``."""
    from kmu.cli.reading import add_reading_options

    parser.add_argument("files", nargs="+", help="recordings, or globs such as 'day1/**/*.mat'")
    add_reading_options(parser)
    parser.add_argument("--model", help="folder or name of a SavedModel; default: kmu's own")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--workers", type=int, default=1, help="processes on this machine")
    parser.add_argument(
        "--block-seconds",
        type=float,
        default=5.0,
        help="longer recordings are identified in blocks of this length (default: 5)",
    )
    parser.add_argument(
        "--beam",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option for Beam, such as --beam=--runner=FlinkRunner; may be given often",
    )


def run(arguments: argparse.Namespace) -> int:
    """Identifies what is missing; returns 1 if a file failed."""
    from kmu.cli.reading import reading_options
    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import say

    try:
        from kmu.batch import FAILURES, RESULTS, find_files, plan, run_batch
    except ImportError as error:
        raise InputError(f"kmu batch needs {error.name}; run: pip install 'kmu[batch]'") from error
    if arguments.workers < 1:
        raise InputError(f"--workers is {arguments.workers}; give 1 or more")
    files = find_files(arguments.files)
    tasks = plan(files, arguments.out, reading_options(arguments), arguments.block_seconds)
    tables = [arguments.out / RESULTS, arguments.out / FAILURES]
    made = [path for task in tasks for path in (Path(task.result), task.record)]
    check_outputs([*tables, *made], files)
    results, failures = run_batch(
        tasks,
        arguments.out,
        arguments.model,
        workers=arguments.workers,
        beam_options=arguments.beam,
    )
    say(
        f"{len(results)} results in {arguments.out / RESULTS}, "
        f"{len(failures)} failures in {arguments.out / FAILURES}"
    )
    return int(bool(failures))
