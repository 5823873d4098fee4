"""The command line: ``kmu <verb>``, one verb an arrow of the design.

A verb is a module of this folder with ``HELP`` (one line), ``add_arguments(parser)`` and
``run(arguments) -> int | None``. Verbs import what they need inside ``run``, so that
``kmu --help`` stays instant.
"""

import argparse
import importlib
from collections.abc import Sequence

from kmu._version import __version__

VERBS = (
    "identify",
    "inspect",
    "check",
    "report",
    "app",
    "curate",
    "export",
    "figure",
    "track",
    "compare",
    "benchmark",
    "batch",
    "serve",
    "stream",
    "matlab",
    "simulate",
    "train",
    "tune",
    "doctor",
)


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs."""
    top = argparse.ArgumentParser(
        prog="kmu", description="Individual motor units from ultrafast-ultrasound recordings."
    )
    top.add_argument("--version", action="version", version=f"kmu {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        module = importlib.import_module(f"kmu.cli.{verb}")
        sub = verbs.add_parser(verb, help=module.HELP, description=module.__doc__)
        sub.add_argument("--quiet", action="store_true", help="no progress on stderr")
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; returns the exit code: 0 done, 2 bad input, 130 interrupted."""
    from kmu.progress import guarded

    arguments = parser().parse_args(argv)
    return guarded(lambda: arguments.run(arguments), arguments.quiet)
