"""Do scores keep what they say on recordings unlike the training's? On the stress suite.

``python -m kmu.studies.foretold`` identifies recordings of every family with units, compares scores
with the share of true units, and with the F1 that recordings reached three things: the F1 that all
scores foretold, the mean score alone, and the distance from the training. It keeps that in
``kmu/docs/results/foretold.json``, of which ``kmu.studies.evidence_page`` makes a table. Nothing
was fitted on these recordings.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from kmu.analysis.likeness import compare, measure_features, training_family
from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.evaluation.calibration import (
    expected_calibration_error,
    labelled_scores,
    reliability,
)
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.pipeline import at_rate, coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.progress import Progress, silent
from kmu.stress import FAMILIES, RESTING, make_recording
from kmu.studies.run_facts import run_facts
from kmu.studies.side_by_side import side_by_side

KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "foretold.json"
INPUTS = ("mean log odds of the scores", "F1 that follows from the scores of all candidates")
"""What the F1 is foretold by, see ``kmu.analysis.likeness.expected``."""
MEASURES = ("foretold", "mean_score", "distance")
"""What is held against the F1 that a recording reached."""
WITH_UNITS = tuple(name for name in FAMILIES if name not in RESTING)


def measured(task: tuple[str, int], served: ServedModel) -> dict[str, Any]:
    """Scores and whether they are right, F1, and what foretold it, of one recording."""
    recording, truth = make_recording(*task)
    with silent():
        coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
        found = identify_coarse(coarse, served)
    score, true = labelled_scores([(found, at_rate(truth, coarse.frame_rate, coarse.shape[0]))])
    features = measure_features(coarse, len(found))
    not_given = found.provenance.get("not_given")
    told = compare(features, training_family(served.path), found.score, not_given)
    return {
        "family": task[0],
        "index": task[1],
        "units_true": len(truth),
        "score": [round(float(value), 4) for value in score],
        "true": true.tolist(),
        "f1": 2 * int(true.sum()) / max(len(found) + len(truth), 1),
        "foretold": told.expected.f1 if told.expected else 0.0,
        "mean_score": told.expected.mean_score if told.expected else 0.0,
        "distance": told.distance,
    }


def conclusions(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Calibration over all units, and how recordings and families are ordered by what is foretold.

    Args:
        rows: of :func:`measured`.
    """
    score, true = (
        np.concatenate([np.asarray(row[name], np.float64) for row in rows])
        for name in ("score", "true")
    )
    names = sorted({row["family"] for row in rows})
    of_family = {
        name: {
            key: float(np.mean([row[key] for row in rows if row["family"] == name]))
            for key in ("f1", *MEASURES)
        }
        for name in names
    }
    return {
        "recordings": len(rows),
        "units": len(score),
        "expected_calibration_error": expected_calibration_error(reliability(score, true)),
        "by_recording": _ordered(rows),
        "by_family": _ordered(list(of_family.values())),
        "families": of_family,
    }


def _ordered(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Rank correlations with the F1, and the mean distance of the F1 foretold from it."""
    f1, foretold = (np.array([row[name] for row in rows]) for name in ("f1", "foretold"))
    ranks = {name: float(spearmanr([row[name] for row in rows], f1).statistic) for name in MEASURES}
    return {
        **ranks,
        "mean_difference": float(np.mean(foretold - f1)),
        "mean_absolute_difference": float(np.mean(np.abs(foretold - f1))),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Identifies, compares, writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.foretold", description=__doc__)
    parser.add_argument("--families", default=",".join(WITH_UNITS), help="of the stress suite")
    parser.add_argument("--count", type=int, default=6, help="recordings of each")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    tasks = [(n, i) for i in range(arguments.count) for n in arguments.families.split(",")]
    rows = {}
    with Progress("foretelling", len(tasks), "recordings") as progress:
        for task, row in side_by_side(measured, tasks, arguments.model, arguments.processes):
            rows[task] = row
            progress.advance(note=task[0])
    facts = run_facts("python -m kmu.studies.foretold")
    told = conclusions([rows[task] for task in tasks])
    model = model_name(find_model(arguments.model))
    result = {**facts, "model": model, "inputs": INPUTS, **told}
    with replacing(arguments.out) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
