"""How well each measure of quality tells true units from false ones.

``python -m kmu.studies.quality`` simulates validation recordings, identifies them with a low
threshold, and keeps the area under the curve (AUC) of every measure in
``kmu/docs/results/quality.json``, with units true by their territory (intersection over union of at
least 0.5, one to one) and by their firings (rate of agreement of at least 0.5 within 10 ms).
"""

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from kmu._version import __version__
from kmu.analysis.provenance import model_name
from kmu.analysis.quality import METRICS, measure_quality, overall
from kmu.errors import exit_code
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.calibration import labelled_scores
from kmu.files import replacing
from kmu.identification.pipeline import coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress, silent
from kmu.simulation import simulate

KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "quality.json"
_LOWEST = 0.1
# Of the validation split.
_FIRST_SEED = 1_000_500
_SECONDS = 5.0
_SAME_FIRINGS = 0.5
Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


def curve_area(values: Floats, true: Labels) -> float | None:
    """The chance that of a true and a false unit the true one has the higher value (AUC).

    What has no value is lowest. None without true or without false units.
    """
    ranks = rankdata(np.where(np.isfinite(values), values, -np.inf))
    hits, misses = int(true.sum()), int((~true).sum())
    if not hits or not misses:
        return None
    return float((ranks[true].sum() - hits * (hits + 1) / 2) / (hits * misses))


def true_by_firings(found: MotorUnits, truth: MotorUnits) -> Labels:
    """(K,) whether some true unit fired when this one is said to have."""
    return np.array(
        [
            any(
                rate_of_agreement(ours, theirs).rate >= _SAME_FIRINGS
                for theirs in truth.firings
                if len(theirs)
            )
            for ours in found.firings
        ],
        bool,
    )


def measured(family: str, count: int, served: ServedModel) -> dict[str, Any]:
    """AUC of every measure on the candidates of ``count`` recordings of a family."""
    columns: dict[str, list[Floats]] = {metric.name: [] for metric in METRICS}
    columns["quality"] = []
    place, fired = [np.zeros(0, bool)], [np.zeros(0, bool)]
    with Progress(f"quality on {family}", count, "recordings") as progress:
        for seed in range(_FIRST_SEED, _FIRST_SEED + count):
            fixed = {"durations": (_SECONDS, _SECONDS)} if family in ("mixed", "lab") else {}
            recording, truth = simulate(family, seed, **{"duration": _SECONDS, **fixed})
            coarse = coarse_copy(RecordingFrames(recording))
            with silent():
                found = identify_coarse(coarse, served, _LOWEST)
            quality = measure_quality(found, coarse)
            for name, column in {**quality, "quality": overall(quality)}.items():
                columns[name].append(column)
            place.append(labelled_scores([(found, truth)])[1])
            fired.append(true_by_firings(found, truth))
            progress.advance()
    result: dict[str, Any] = {"recordings": count}
    sign = {metric.name: 1 if metric.good > metric.bad else -1 for metric in METRICS}
    for kind, labels in (("territory", place), ("firings", fired)):
        true = np.concatenate(labels)
        values = {name: np.concatenate(parts) for name, parts in columns.items()}
        result[kind] = {
            "true": int(true.sum()),
            "false": int((~true).sum()),
            "auc": {
                name: curve_area(sign.get(name, 1) * value, true) for name, value in values.items()
            },
            "true_quantiles": {
                name: [round(float(q), 4) for q in np.nanpercentile(value[true], (5, 10, 50))]
                for name, value in values.items()
            },
        }
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.quality", description=__doc__)
    parser.add_argument("--families", default="low_force:12,moderate:12,lab:48")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    served = load_model(arguments.model)
    told: dict[str, Any] = {
        "command": f"python -m kmu.studies.quality --families {arguments.families}",
        "kmu": __version__,
        "model": model_name(served.path),
        "date": datetime.date.today().isoformat(),
        "families": {},
    }
    for entry in arguments.families.split(","):
        name, count = entry.split(":")
        told["families"][name] = measured(name, int(count), served)
        with replacing(arguments.out) as temporary:
            temporary.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
