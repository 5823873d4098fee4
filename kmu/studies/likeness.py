"""What the model knows: features of simulated recordings of its training families.

``python -m kmu.studies.likeness`` simulates recordings of the families that models are trained on
and keeps the distribution of their features in ``kmu/analysis/likeness/families.json``.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kmu.analysis.likeness import measure_features
from kmu.analysis.likeness.comparing import FAMILIES, distribution
from kmu.config.benchmark import BenchmarkConfig
from kmu.errors import exit_code
from kmu.files import replacing
from kmu.identification.pipeline import coarse_copy
from kmu.identification.resample import RecordingFrames
from kmu.progress import Progress
from kmu.simulation import simulate
from kmu.studies.run_facts import run_facts

# Neither trained nor tested on.
_FIRST_SEED = 3_000_000
assert BenchmarkConfig().first_seed < _FIRST_SEED
# Families of the data set that have recordings of several, in turn.
_TOGETHER = {"wide": ("mixed", "lab")}


def features_of(family: str, count: int, first_seed: int = _FIRST_SEED) -> list[dict[str, float]]:
    """The features of ``count`` simulated recordings, their true units counted."""
    rows = []
    with Progress(f"features of {family}", count, "recordings") as progress:
        for seed in range(first_seed, first_seed + count):
            recording, truth = simulate(family, seed)
            coarse = coarse_copy(RecordingFrames(recording))
            rows.append(measure_features(coarse, len(truth)))
            progress.advance()
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, measures, writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.likeness", description=__doc__)
    parser.add_argument("--families", default="mixed,lab,wide")
    parser.add_argument("--count", type=int, default=250, help="recordings of each family")
    parser.add_argument("--out", type=Path, default=FAMILIES)
    arguments = parser.parse_args(argv)
    families = arguments.families.split(",")
    simulated = {part for name in families for part in _TOGETHER.get(name, (name,))}
    rows = {name: features_of(name, arguments.count) for name in sorted(simulated)}
    kept = {
        name: distribution([row for part in _TOGETHER.get(name, (name,)) for row in rows[part]])
        for name in families
    }
    with replacing(arguments.out) as temporary:
        told = {**run_facts("python -m kmu.studies.likeness"), "families": kept}
        temporary.write_text(json.dumps(told, separators=(",", ":")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
