"""Are the checks right? On recordings whose true units are known.

``python -m kmu.studies.trust`` checks results on recordings of the stress suite, whose simulator
shares nothing with the one that the added units come from, and keeps in
``kmu/docs/results/trust.json`` what each check says beside the truth. It renews the table in
``kmu/docs/evidence.md``.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.evaluation.calibration import labelled_scores
from kmu.evaluation.measures import Floats
from kmu.evaluation.scores import score_recording
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.pipeline import identify
from kmu.identification.served_model import ServedModel
from kmu.progress import Progress, silent
from kmu.stress import make_recording
from kmu.studies.quality import curve_area, true_by_firings
from kmu.studies.run_facts import run_facts
from kmu.studies.side_by_side import side_by_side
from kmu.trust import check

KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "trust.json"
FAMILIES = (
    "plain,noise,tremor,artery,shadow,fast,slow,many,spread,echoes,layers,shallow,few,jolts,"
    "probe_shift,linear,rate80,pauses,ramp,rate2000"
)
# Whose first recordings stand for the muscle at rest.
_REST = {"tremor": "rest_tremor", "jolts": "rest_jolts"}


def measured(task: tuple[str, int], served: ServedModel) -> dict[str, Any] | None:
    """One recording (family, index) checked, beside its truth; None where no unit was found."""
    family, index = task
    recording, truth = make_recording(family, index)
    with silent():
        found = identify(recording, served)
        scores = score_recording(found, truth)
        f1 = 2 * scores.units_matched / max(scores.units_found + scores.units_true, 1)
        row = {"family": family, "index": index, "units": len(truth), "found": len(found),
               "f1": f1, "recall": scores.units_matched / len(truth)}  # fmt: skip
        rest = make_recording(_REST.get(family, "rest_plain"), index)[0]
        alike = rest.velocity.shape == recording.velocity.shape
        if not len(found) or not any(len(times) > 3 for times in found.firings):
            return None
        checked = check(recording, found, rest=rest if alike else None, model=served)
    told = checked.summary()
    place = labelled_scores([(found, truth)])[1]
    agreed = {pair.unit for pair in checked.agreement.pairs}
    row |= {
        "injected_recall": told["injection"]["recall"][0],
        "estimated_recall": told["injection"]["own_recall"],
        "distance": checked.likeness.distance,
        "expected_f1": told["likeness"]["expected"],
        "true": place.tolist(),
        "true_by_firings": true_by_firings(found, truth).tolist(),
        "firing_evidence": np.nan_to_num(checked.perturbed.evidence, nan=-1).tolist(),
        "score": found.score.tolist(),
        "agreed": [int(unit) in agreed for unit in found.ids],
    }
    if told["rest"]:
        needed = told["rest"]["needed"]
        row["rest"] = {
            "false_units": told["rest"]["false_units"],
            "needed": needed,
            "false_in_result": int((~place).sum()),
            "false_above": int((~place & (found.score > needed)).sum()),
        }
    return row


def conclusions(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What all recordings say together."""

    def column(name: str) -> Floats:
        return np.array([row[name] for row in rows], np.float64)

    def joined(name: str) -> Floats:
        return np.concatenate([row[name] for row in rows]).astype(np.float64)

    estimated = np.array([row["estimated_recall"]["recall"] for row in rows])
    expected = np.array([row["expected_f1"]["f1"] for row in rows])
    covered = [
        row["estimated_recall"]["low"] <= row["recall"] <= row["estimated_recall"]["high"]
        for row in rows
    ]
    true, agreed = joined("true").astype(bool), joined("agreed").astype(bool)
    result: dict[str, Any] = {
        "recordings": len(rows),
        "distance_with_f1": float(spearmanr(column("distance"), column("f1")).statistic),
        "expected_f1": {
            "by": "the scores of all candidates",
            "spearman": float(spearmanr(expected, column("f1")).statistic),
            "mean_difference": float(np.mean(expected - column("f1"))),
            "mean_absolute_difference": float(np.mean(np.abs(expected - column("f1")))),
        },
        "agreed": {"units": int(agreed.sum()), "true": int((agreed & true).sum())},
        "not_agreed": {"units": int((~agreed).sum()), "true": int((~agreed & true).sum())},
        "auc": {
            kind: {
                name: curve_area(joined(name), joined(kind).astype(bool))
                for name in ("score", "firing_evidence")
            }
            for kind in ("true", "true_by_firings")
        },
    }
    for name, values in (("injected", column("injected_recall")), ("estimated", estimated)):
        result[f"{name}_recall"] = {
            "pearson": float(np.corrcoef(values, column("recall"))[0, 1]),
            "spearman": float(spearmanr(values, column("recall")).statistic),
            "mean_difference": float(np.mean(values - column("recall"))),
            "mean_absolute_difference": float(np.mean(np.abs(values - column("recall")))),
        }
    result["estimated_recall"]["inside_interval"] = int(sum(covered))
    rest = [row["rest"] for row in rows if "rest" in row]
    result["rest"] = {
        "recordings": len(rest),
        **{
            name: int(sum(row[name] for row in rest))
            for name in ("false_units", "false_in_result", "false_above")
        },
    }
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Checks recording after recording and keeps what is known so far."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.trust", description=__doc__)
    parser.add_argument("--families", default=FAMILIES, help="of the stress suite")
    parser.add_argument("--count", type=int, default=1, help="recordings of each")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--resume", action="store_true", help="keep what --out holds of this model")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    tasks = [(n, i) for i in range(arguments.count) for n in arguments.families.split(",")]
    model = model_name(find_model(arguments.model))
    facts = run_facts("python -m kmu.studies.trust")
    answers: dict[tuple[str, int], dict[str, Any] | None] = {}
    if arguments.resume and arguments.out.is_file():
        before = json.loads(arguments.out.read_text(encoding="utf-8"))
        if before["model"] == model:
            answers = {(row["family"], row["index"]): row for row in before["recordings"]}
    left = [task for task in tasks if task not in answers]
    with Progress("checking", len(left), "recordings") as progress:
        for task, row in side_by_side(measured, left, arguments.model, arguments.processes):
            answers[task] = row
            progress.advance(note=task[0])
            rows = [kept for name in tasks if (kept := answers.get(name)) is not None]
            if len(rows) < 3:
                continue
            told = {
                **facts,
                "model": model,
                "conclusions": conclusions(rows),
                "recordings": rows,
            }
            with replacing(arguments.out) as temporary:
                temporary.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
