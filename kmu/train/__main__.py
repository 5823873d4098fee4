"""``python -m kmu.train``."""

import argparse
import sys

from kmu.cli import guarded
from kmu.train import add_arguments, run

parser = argparse.ArgumentParser(prog="python -m kmu.train", description="Trains kmu's networks.")
parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
add_arguments(parser)
parser.set_defaults(run=run)
sys.exit(guarded(parser.parse_args()))
