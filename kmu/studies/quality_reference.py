"""Where true and false units of simulated recordings lie in each measure of quality.

``python -m kmu.studies.quality_reference`` writes ``kmu/report/page/reference.json``, which the
report page shows beside the values of a unit.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kmu._version import __version__
from kmu.analysis.provenance import model_name
from kmu.analysis.quality import METRICS, measure_quality
from kmu.errors import exit_code
from kmu.evaluation.match import match_units
from kmu.files import replacing
from kmu.identification.pipeline import coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import load_model
from kmu.progress import Progress, say
from kmu.simulation import simulate

FAMILIES = ("low_force", "moderate", "dense")
# Of the validation split, on which the limits of the flags were set, too.
FIRST_SEED = 1_000_500
# Candidates far below the threshold are asked for, or there would be hardly a false unit.
SCORE = 0.1
PERCENTILES = (10, 25, 50, 75, 90)
OUT = Path(__file__).parents[1] / "report" / "page" / "reference.json"


def quality_reference(count: int, seconds: float) -> dict[str, Any]:
    """Percentiles of every metric over true and false units.

    Args:
        count: recordings of each family.
        seconds: of each recording.
    """
    model = load_model(None)
    values: dict[str, dict[str, list[float]]] = {
        metric.name: {"true": [], "false": []} for metric in METRICS
    }
    number = {"true": 0, "false": 0}
    with Progress("measuring", count * len(FAMILIES), "recordings") as progress:
        for family in FAMILIES:
            for seed in range(FIRST_SEED, FIRST_SEED + count):
                recording, truth = simulate(family, seed=seed, duration=seconds)
                coarse = coarse_copy(RecordingFrames(recording), model.frame_rate)
                found = identify_coarse(coarse, model, score_threshold=SCORE)
                measured = measure_quality(found, coarse)
                right = set(match_units(found, truth).found.tolist())
                for k in range(len(found)):
                    kind = "true" if k in right else "false"
                    number[kind] += 1
                    for name, column in measured.items():
                        if np.isfinite(column[k]):
                            values[name][kind].append(float(column[k]))
                progress.advance()
    return {
        "command": f"python -m kmu.studies.quality_reference --count {count} --seconds {seconds:g}",
        "kmu": __version__,
        "model": model_name(model.path),
        "date": datetime.now(UTC).date().isoformat(),
        "families": FAMILIES,
        "first_seed": FIRST_SEED,
        "least_score": SCORE,
        "percentiles": PERCENTILES,
        "units": number,
        "metrics": {
            name: {
                kind: [float(f"{value:.4g}") for value in np.percentile(seen, PERCENTILES)]
                for kind, seen in kinds.items()
            }
            for name, kinds in values.items()
            if all(kinds.values())
        },
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and writes the file."""
    parser = argparse.ArgumentParser(
        prog="python -m kmu.studies.quality_reference", description=__doc__
    )
    parser.add_argument("--count", type=int, default=12, help="recordings of each family")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args(argv)

    def run() -> None:
        found = quality_reference(arguments.count, arguments.seconds)
        with replacing(arguments.out) as temporary:
            temporary.write_text(json.dumps(found, indent=1) + "\n")
        say(f"{found['units']['true']} true and {found['units']['false']} false: {arguments.out}")

    return exit_code(run)


if __name__ == "__main__":
    sys.exit(main())
