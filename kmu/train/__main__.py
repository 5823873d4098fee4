"""``python -m kmu.train``."""

import argparse
import sys

from kmu.progress import guarded
from kmu.train import add_arguments, run

parser = argparse.ArgumentParser(prog="python -m kmu.train", description="Trains kmu's networks.")
parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
add_arguments(parser)
arguments = parser.parse_args()
sys.exit(guarded(lambda: run(arguments), arguments.quiet))
