"""What foretells how many units are found: fitted on simulated recordings.

``python -m kmu.studies.recall`` simulates recordings with one difficulty at a time, at growing
strength, and validation recordings of the families; finds their units, adds simulated ones as ``kmu
check`` does, and fits (``recall_fit``) what ``kmu.trust.estimate`` uses (``recall.json`` there). It
is to be run anew for a new model.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmu.analysis.provenance import model_name
from kmu.errors import InputError, exit_code
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import Floats
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.pipeline import at_rate, coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits
from kmu.progress import Progress, silent
from kmu.simulation import simulate
from kmu.studies.recall_fit import conclusions
from kmu.studies.run_facts import run_facts
from kmu.studies.side_by_side import side_by_side
from kmu.trust import estimate
from kmu.trust.checking import added_units
from kmu.trust.recovery import joined

_FIRST_SEED = 1_020_000  # of the validation split
PLAIN: dict[str, Any] = {"units": (5, 30), "snr": (12.0, 20.0), "duration": 2.0}
"""What recordings with one difficulty have of the others."""
LEVELS: dict[str, list[Any]] = {
    "snr": [(v, v) for v in (8.0, 4.0, 0.0, -4.0, -8.0, -12.0)],
    "shadow_width": [(v, v) for v in (0.15, 0.3, 0.45)],
    "units": [(v, v) for v in (2, 40, 55, 70, 90)],
    "image_tremor": [(v, v) for v in (0.5, 1.0, 1.5)],
    "jolts": [(1, 1), (3, 3)],
    "echo_share": [(v, v) for v in (0.15, 0.3, 0.5)],
    "probe_shift": [(v, v) for v in (0.5, 1.0, 2.0)],
    "resting_top": [(v, v) for v in (3.0, 9.0)],
    "far_field": [(0.5, 0.5), (1.0, 1.0)],
    "rate_scale": [(v, v) for v in (0.3, 0.5, 1.6, 2.2)],
    "contraction_scale": [(v, v) for v in (0.4, 0.7, 1.5)],
    "scale": [(v, v) for v in (0.6, 1.4, 1.8)],
    "arteries": [1.0],
    "pausing_units": [(0.6, 0.6)],
    "ramp_share": [1.0],
}
"""Of each difficulty, growing strengths: parameters of the simulator."""
_FAMILIES = ("low_force", "moderate", "dense", "mixed", "lab", "mixed", "lab")


def worlds(rounds: int) -> list[tuple[str, str, dict[str, Any], int]]:
    """Name, family, what is changed in it, and seed of every recording."""
    listed = []
    for turn in range(rounds):
        kinds = [(f"{name} {value}", "low_force", {**PLAIN, name: value})
                 for name, values in LEVELS.items() for value in values]  # fmt: skip
        kinds += [(f, f, {}) for f in _FAMILIES]
        listed += [
            (name, family, change, _FIRST_SEED + 1000 * turn + k)
            for k, (name, family, change) in enumerate(kinds)
        ]
    return listed


def measured(
    world: tuple[str, str, dict[str, Any], int], served: ServedModel
) -> dict[str, Any] | None:
    """What is known of one recording with and without its truth; None if no unit can be added."""
    name, family, change, seed = world
    more = {"frame_rate": 250.0 if seed % 2 else 100.0, "pool_size": 180} if change else {}
    recording, truth = simulate(family, seed, **{**more, **change})
    coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
    with silent():
        found = identify_coarse(coarse, served)
        if not len(truth) or not len(found):
            return None
        rng, limits = np.random.default_rng(seed), found.provenance["thresholds"]
        try:
            passes = added_units(coarse, found, recording.frame_rate, served, limits, rng)
        except InputError:  # No unit that others could be drawn like.
            return None
    matched = match_units(found, at_rate(truth, coarse.frame_rate, coarse.shape[0]))
    columns = joined(passes)
    return {
        "name": name, "seed": seed, "true": len(truth), "found": len(found),
        "matched": len(matched.found),
        "mean_score": float(found.score.mean()),
        "own": own_properties(found, coarse.power, columns).tolist(),
        "added": {n: columns[n].tolist() for n in ("found", "share", "area")},
    }  # fmt: skip


def own_properties(found: MotorUnits, power: Any, columns: dict[str, Floats]) -> Floats:
    """(K, 2) of the units found, with the speed that the added ones suggest."""
    speed = np.sqrt(np.mean(found.twitch_train.astype(np.float64) ** 2, axis=1))
    kept = estimate.kept_speed(columns["found_speed"], columns["speed"])
    return estimate.properties_of(found, power, speed / kept)


def _key(world: tuple[str, str, dict[str, Any], int]) -> str:
    return f"{world[0]} {world[3]}"


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, measures, fits, writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.recall", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="recordings of each difficulty")
    parser.add_argument("--model", help="name or folder; the default model if left out")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=Path, default=Path("runs/recall.json"),
                        help="what was measured so far, to go on from")  # fmt: skip
    arguments = parser.parse_args(argv)
    known: dict[str, Any] = {}
    if arguments.rows.is_file():
        known = json.loads(arguments.rows.read_text(encoding="utf-8"))
    arguments.rows.parent.mkdir(parents=True, exist_ok=True)
    listed = worlds(arguments.rounds)
    left = [world for world in listed if _key(world) not in known]
    with Progress("foretelling", len(left), "recordings") as progress:
        for world, row in side_by_side(measured, left, arguments.model, arguments.processes):
            known[_key(world)] = row
            with replacing(arguments.rows) as temporary:
                temporary.write_text(json.dumps(known))
            progress.advance(note=world[0])
    facts = {
        **run_facts("python -m kmu.studies.recall"),
        "model": model_name(find_model(arguments.model)),
    }
    rows = [known[_key(world)] for world in listed]
    told = {**facts, **conclusions([row for row in rows if row])}
    with replacing(estimate.KEPT) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
