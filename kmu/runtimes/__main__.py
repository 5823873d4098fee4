"""``python -m kmu.runtimes``: converts a model and its networks, and prints the table."""

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kmu.errors import exit_code
from kmu.identification.finding import find_model
from kmu.progress import Progress
from kmu.runtimes.comparison import compare, comparison_table


def main(argv: Sequence[str] | None = None) -> int:
    """Converts, compares and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m kmu.runtimes", description=__doc__)
    parser.add_argument("model", help="folder or name of the model")
    parser.add_argument("--out", type=Path, help="keep the converted files here")
    parser.add_argument("--shape", type=int, nargs=4, default=[1, 200, 64, 64], metavar="N")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args(argv)
    folder = find_model(arguments.model)
    from kmu.models.export import load_identifier
    from kmu.runtimes.networks import networks, whole

    batch = arguments.shape[0]
    example = {
        "velocity": np.random.default_rng(0).standard_normal(arguments.shape, np.float32),
        "frame_rate": np.full(batch, 100, np.float32),
        "spacing": np.full((batch, 2), 0.625, np.float32),
    }
    parts = [whole(folder, example)]
    if (folder / "model.keras").is_file():
        parts += networks(load_identifier(folder), tuple(arguments.shape))
    found = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        Progress("converting", len(parts), "networks") as progress,
    ):
        for part in parts:
            found += compare(part, arguments.out or Path(scratch), arguments.repeats)
            progress.advance()
    if arguments.json:
        print(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
    else:
        print(comparison_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
