"""What foretells the F1 of a recording: fitted on simulated recordings of every difficulty.

``python -m kmu.studies.expected_f1`` simulates recordings with one difficulty at a time, easy
otherwise or of the family ``lab``, and recordings of all families; finds their units, and fits what
``kmu.analysis.likeness.expected`` uses (``expected.json``). It is to be run anew for a new model;
whether it holds elsewhere is what ``kmu.studies.foretold`` shows.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from kmu.analysis.likeness.expected import KEPT, score_inputs
from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import Floats
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.pipeline import at_rate, coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.progress import Progress, silent
from kmu.simulation import simulate
from kmu.studies.recall import LEVELS, PLAIN
from kmu.studies.recall_fit import agreeing, foretold
from kmu.studies.run_facts import run_facts
from kmu.studies.side_by_side import side_by_side

_FIRST_SEED = 1_030_000  # of the validation split
_FAMILIES = ("low_force", "moderate", "dense", "mixed", "lab")
_OF_EACH = 10
_ACTIVE = {"rest_share": 0.0}
World = tuple[str, str, dict[str, Any], int]


def worlds(rounds: int) -> list[World]:
    """Name, family, what is changed in it, and seed of every recording."""
    kinds: list[tuple[str, str, dict[str, Any]]] = []
    for name, values in LEVELS.items():
        for value in values:
            rate = {"frame_rate": 250.0 if len(kinds) % 4 else 100.0, "pool_size": 180}
            kinds += [
                (f"{name} {value}", "low_force", {**PLAIN, **rate, name: value}),
                (f"lab {name} {value}", "lab", {**_ACTIVE, name: value}),
            ]
    for name in _FAMILIES * _OF_EACH:
        kinds.append((name, name, _ACTIVE if name == "lab" else {}))
    return [
        (*kind, _FIRST_SEED + 1000 * turn + k)
        for turn in range(rounds)
        for k, kind in enumerate(kinds)
    ]


def measured(world: World, served: ServedModel) -> dict[str, Any]:
    """What the scores of one recording are, and how many of its units are true."""
    name, family, change, seed = world
    recording, truth = simulate(family, seed, **change)
    with silent():
        coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
        found = identify_coarse(coarse, served)
    matched = match_units(found, at_rate(truth, coarse.frame_rate, coarse.shape[0])).found
    return {
        "name": name, "seed": seed, "true": len(truth), "found": len(found),
        "matched": len(matched), "score": [round(float(value), 4) for value in found.score],
        "not_given": found.provenance.get("not_given", 0.0),
    }  # fmt: skip


def conclusions(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Both fits, and how well each recording is foretold by the others.

    Args:
        rows: of :func:`measured`, of recordings in which units were found.
    """
    true, found, matched = (
        np.array([row[n] for row in rows], np.float64) for n in ("true", "found", "matched")
    )
    f1 = 2 * matched / (true + found)
    fits, left = {}, {}
    for name, known in (("all_candidates", True), ("given_alone", False)):
        inputs = np.stack([
            score_inputs(row["score"], row["not_given"] if known else None) for row in rows
        ])  # fmt: skip
        weights, spread, others = foretold(inputs, 2 * matched, true + found)
        fits[name] = {
            "intercept": float(weights[0]), "weights": weights[1:].tolist(), "spread": spread,
        }  # fmt: skip
        left[name] = _agreeing(others, f1)
    mean = np.array([np.mean(row["score"]) for row in rows])
    left["mean_score"] = {"rank_correlation": _rank(mean, f1)}
    return {"f1": fits, "left_out": {"recordings": len(rows), **left}}


def _agreeing(told: Floats, true: Floats) -> dict[str, float]:
    return {**agreeing(told, true), "rank_correlation": _rank(told, true)}


def _rank(told: Floats, true: Floats) -> float:
    return float(spearmanr(told, true).statistic)


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, measures, fits, writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.expected_f1", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="recordings of each difficulty")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    listed = worlds(arguments.rounds)
    rows = {}
    with Progress("foretelling", len(listed), "recordings") as progress:
        told = side_by_side(measured, listed, arguments.model, arguments.processes)
        for world, row in told:
            rows[world[-1]] = row
            progress.advance(note=world[0])
    facts = {
        **run_facts("python -m kmu.studies.expected_f1"),
        "model": model_name(find_model(arguments.model)),
    }
    in_order = [rows[seed] for *_, seed in listed]
    kept = {**facts, **conclusions([row for row in in_order if row["found"]])}
    with replacing(arguments.out) as temporary:
        temporary.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
