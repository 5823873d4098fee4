"""Reliability of a model's scores on test recordings: table, figure and JSON.

``python -m kmu.evaluation.reliability --model kmu --out runs/reliability`` simulates the recordings
with the seeds of the test split, which nothing was trained or calibrated on.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kmu.config.benchmark import BenchmarkConfig
from kmu.errors import exit_code
from kmu.evaluation.calibration import expected_calibration_error, labelled_scores, reliability
from kmu.evaluation.families import Family, family
from kmu.evaluation.table import markdown
from kmu.files import replacing
from kmu.identification.cutting import would_be_given
from kmu.identification.pipeline import identify
from kmu.identification.served_model import ServedModel, load_model
from kmu.progress import Progress

# Candidates that score less are no part of any curve: they are many, and nobody looks at them.
LOWEST = 0.05
Result = dict[str, dict[str, Any]]


def reliability_summary(score: ArrayLike, true: ArrayLike, given: ArrayLike) -> dict[str, Any]:
    """How far the scores of one family are from probabilities, as plain JSON types.

    Args:
        score: (N,) of all candidates of at least ``LOWEST``.
        true: (N,) bool.
        given: (N,) bool, whether it is above its recording's threshold.

    Returns:
        ``units``, ``expected_calibration_error``, ``bins`` (see
        :class:`kmu.evaluation.calibration.Bin`), and of the units that are given ``units_given``,
        ``mean_score_given`` and ``share_true_given``. What no unit tells of is None.
    """
    score, true, given = np.asarray(score), np.asarray(true), np.asarray(given, bool)
    curve = reliability(score, true)
    return {
        "units": len(score),
        "expected_calibration_error": expected_calibration_error(curve) if len(score) else None,
        "units_given": int(given.sum()),
        "mean_score_given": float(score[given].mean()) if given.any() else None,
        "share_true_given": float(true[given].mean()) if given.any() else None,
        "bins": [
            {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in row._asdict().items()
            }
            for row in curve
        ],
    }


def family_reliability(served: ServedModel, recordings: Family) -> dict[str, Any]:
    """:func:`reliability_summary` of a model on a family of recordings."""
    scores, labels, given = [np.zeros(0)], [np.zeros(0, bool)], [np.zeros(0, bool)]
    highest = served.thresholds["score"]
    with Progress(f"reliability, {recordings.name}", recordings.count, "recordings") as progress:
        for index in range(recordings.count):
            recording, truth = recordings.load(index)
            found = identify(recording, served, score_threshold=LOWEST)
            score, true = labelled_scores([(found, truth)])
            scores.append(score)
            labels.append(true)
            given.append(would_be_given(found, highest))
            progress.advance()
    return reliability_summary(
        np.concatenate(scores), np.concatenate(labels), np.concatenate(given)
    )


def reliability_table(result: Result) -> str:
    """One row a family, Markdown."""
    heading = ("family", "expected calibration error", "candidates", "given", "their mean score",
               "of them true")  # fmt: skip
    rows = []
    for name, row in result.items():
        error, mean, share = (
            "-" if row[key] is None else f"{row[key]:.3f}"
            for key in ("expected_calibration_error", "mean_score_given", "share_true_given")
        )
        rows.append([name, error, str(row["units"]), str(row["units_given"]), mean, share])
    return markdown(heading, rows)


def draw_reliability(result: Result, path: Path) -> None:
    """Draws the reliability curves of all families into a PNG file.

    Below the curves stands how many candidates each bin has.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5.5), dpi=90, layout="constrained")
    curve, counts = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    curve.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for k, (name, row) in enumerate(result.items()):
        filled = [entry for entry in row["bins"] if entry["units"]]
        scores, shares = ([entry[key] for entry in filled] for key in ("score", "true"))
        error = row["expected_calibration_error"]
        label = name if error is None else f"{name} (ECE {error:.3f})"
        curve.plot(scores, shares, marker="osv^D<>p"[k % 8], label=label)
        counts.plot(scores, [entry["units"] for entry in filled], marker="osv^D<>p"[k % 8])
    curve.set(ylabel="share that is a true unit", xlim=(0, 1), ylim=(0, 1.02))
    curve.legend(fontsize=8)
    counts.set(xlabel="score", ylabel="candidates")
    counts.set_yscale("symlog", linthresh=1)
    for axes in (curve, counts):
        axes.grid(alpha=0.3)
    with replacing(path) as temporary:
        figure.savefig(temporary)


def write_reliability(result: Result, json_path: Path, figure_path: Path) -> None:
    """Writes the JSON and the figure."""
    with replacing(json_path) as temporary:
        temporary.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    draw_reliability(result, figure_path)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and writes JSON and figure after every family."""
    defaults = BenchmarkConfig()
    parser = argparse.ArgumentParser(
        prog="python -m kmu.evaluation.reliability", description=__doc__
    )
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--families", default="low_force,moderate,dense,speckle,paper")
    parser.add_argument("--count", type=int, default=200, help="recordings of each family")
    parser.add_argument("--out", type=Path, default=Path("runs/reliability"))
    arguments = parser.parse_args(argv)
    served = load_model(arguments.model)
    families = [
        family(name, arguments.count, defaults.first_seed) for name in arguments.families.split(",")
    ]
    result: Result = {}
    for recordings in families:
        result[recordings.name] = family_reliability(served, recordings)
        write_reliability(
            result, arguments.out / "reliability.json", arguments.out / "reliability.png"
        )
    print(reliability_table(result))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
