"""Open a page on this machine: drop a recording, identify, look, curate, export.

Nothing leaves the machine, and what was dropped is gone when the app ends.
"""

import argparse

HELP = "open a page on this machine to drop, identify and curate recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu app``."""
    parser.add_argument(
        "--port", type=int, help="to listen on, at 127.0.0.1; by default a free one"
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=4.0,
        metavar="GB",
        help="of a dropped file (default %(default)s)",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print the page's address and open nothing"
    )
    parser.add_argument(
        "--model", help="folder or name of a SavedModel; by default the one that came with kmu"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is told to stop."""
    from kmu.app.running import run_app

    run_app(arguments.port, arguments.limit, not arguments.no_browser, arguments.model)
    return 0
