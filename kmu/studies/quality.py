"""How well each measure of quality tells true units from false ones.

``python -m kmu.studies.quality`` simulates validation recordings, identifies them with a low
threshold, and keeps the area under the curve (AUC) of every measure in
``kmu/docs/results/quality.json``, with units true by their territory (intersection over union of at
least 0.5, one to one) and by their firings (rate of agreement of at least 0.5 within 10 ms). It
renews the table in ``kmu/docs/recordings.md``, and ``kmu/report/page/reference.json``, where true
and false units of the family ``lab`` lie, which the report page shows beside the values of a unit.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

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
from kmu.studies.included import include
from kmu.studies.run_facts import run_facts

_PACKAGE = Path(__file__).resolve().parents[1]
KEPT = _PACKAGE / "docs" / "results" / "quality.json"
PAGE = _PACKAGE / "docs" / "recordings.md"
REFERENCE = _PACKAGE / "report" / "page" / "reference.json"
"""Of the report page: percentiles of true and false units."""
_SHOWN = "lab"
_PERCENTILES = (10, 25, 50, 75, 90)
_LOWEST = 0.1
# Of the validation split.
_FIRST_SEED = 1_000_500
_SECONDS = 5.0
_SAME_FIRINGS = 0.5
_KINDS = ("true", "false")
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


def measured(
    family: str, count: int, served: ServedModel
) -> tuple[dict[str, Floats], dict[str, Labels]]:
    """Every measure of the candidates of ``count`` recordings of a family, and which are true.

    Returns:
        Columns (N,) by measure, with ``quality``, and labels (N,) ``territory`` and ``firings``.
    """
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
    values = {name: np.concatenate(parts) for name, parts in columns.items()}
    return values, {"territory": np.concatenate(place), "firings": np.concatenate(fired)}


def areas(values: dict[str, Floats], true: Labels) -> dict[str, Any]:
    """Counts, AUC of every measure, and low quantiles of the true units."""
    sign = {metric.name: 1 if metric.good > metric.bad else -1 for metric in METRICS}
    return {
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


def reference(values: dict[str, Floats], true: Labels) -> dict[str, Any]:
    """Percentiles of true and false units in every measure, for the report page."""
    kinds = {"true": true, "false": ~true}
    return {
        "least_score": _LOWEST,
        "percentiles": _PERCENTILES,
        "units": {kind: int(which.sum()) for kind, which in kinds.items()},
        "metrics": {
            metric.name: {
                kind: [
                    float(f"{value:.4g}")
                    for value in np.nanpercentile(values[metric.name][which], _PERCENTILES)
                ]
                for kind, which in kinds.items()
            }
            for metric in METRICS
        },
    }


def table(told: dict[str, Any]) -> str:
    """What ``kmu/docs/recordings.md`` shows: metrics, their limits, and the AUC of each."""
    family = told["families"][_SHOWN]
    place, firing = (family[kind]["auc"] for kind in ("territory", "firings"))
    lines = [
        "| metric | what it is | bad | good | flagged | AUC, territory | AUC, firings |",
        "|---|---|---|---|---|---|---|",
    ]
    for metric in METRICS:
        unit = f", {metric.unit}" if metric.unit else ""
        side = "below" if metric.good > metric.bad else "above"
        lines.append(
            f"| `{metric.name}` | {metric.description}{unit} | {metric.bad:g} | {metric.good:g} "
            f"| {side} {metric.doubtful:g} | {place[metric.name]:.2f} | {firing[metric.name]:.2f} |"
        )
    counts = [family[kind][which] for kind in ("territory", "firings") for which in _KINDS]
    return "\n".join(
        [
            *lines,
            "",
            f"**Where these values come from.** `{told['command']}` with model `{told['model']}`, "
            f"{told['date']}",
            f"([figures](results/{KEPT.name})): {family['recordings']} simulated validation "
            f"recordings of {_SECONDS:g} s of the",
            f"family `{_SHOWN}` (all that a lab may have, from one unit to a hundred and noise to "
            "-10 dB), every",
            f"candidate scored {_LOWEST:g} or more. By territory (overlap of at least 0.5 with a "
            f"true unit) {counts[0]} of",
            f"them are true and {counts[1]} false; by firings (rate of agreement of at least "
            f"{_SAME_FIRINGS:g} with some true",
            f"unit) {counts[2]} and {counts[3]}. AUC is the chance that of a true and a false unit "
            "the true one has",
            "the better value; 0.5 is a coin. `quality`, the mean of all grades, has "
            f"{place['quality']:.2f} and {firing['quality']:.2f}.",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.quality", description=__doc__)
    parser.add_argument("--families", default="lab:32")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    arguments = parser.parse_args(argv)
    served = load_model(arguments.model)
    told: dict[str, Any] = {
        **run_facts("python -m kmu.studies.quality"),
        "model": model_name(served.path),
    }
    families, shown = {}, {}
    for entry in arguments.families.split(","):
        name, count = entry.split(":")
        values, labels = measured(name, int(count), served)
        kinds = {kind: areas(values, true) for kind, true in labels.items()}
        families[name] = {"recordings": int(count), **kinds}
        if name == _SHOWN:
            shown = {**told, "family": name, **reference(values, labels["territory"])}
    told["families"] = families
    page = include(PAGE.read_text(encoding="utf-8"), {"quality": table(told)})
    for path, text in (
        (KEPT, json.dumps(told, indent=1) + "\n"),
        (REFERENCE, json.dumps(shown, indent=1) + "\n"),
        (PAGE, page),
    ):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
