"""What each part of the network brings: ``python -m kmu.studies.ablation --out runs/ablation``.

Networks with slow fusion alone, with local correlation alone and with both are trained (or taken
from finished runs), and of each later stages are left out without training again. All scores are
of validation recordings. A run that was stopped goes on where it stood.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kmu.baselines import BASELINES
from kmu.baselines.firing import firings_of_trains
from kmu.config import TRAINING_PRESETS, TrainingConfig
from kmu.errors import InputError, exit_code
from kmu.evaluation.intervals import bootstrap_intervals
from kmu.evaluation.scores import score_recording, summarise
from kmu.evaluation.table import markdown
from kmu.files import replacing
from kmu.identification.firings import firings_from_probability
from kmu.models import Identifier
from kmu.motor_units import MotorUnits
from kmu.progress import say
from kmu.studies.stages import STAGES, UNMIXED_TRAIN, WHOLE, ablated
from kmu.train.checkpoint import checkpoint_position
from kmu.train.data import open_dataset
from kmu.train.looking import validation_units
from kmu.train.pipeline import claim, train_networks
from kmu.train.thresholds import choose_firing_threshold, choose_score_threshold

# The networks that are trained, by what differs from the preset's.
DESIGNS: dict[str, dict[str, Any]] = {
    "both": {},
    "slow_fusion": {"local_correlation": False},
    "local_correlation": {"slow_fusion": False},
    "one_unit_a_place": {"segmenter": {"slots": 1}},
}
_COLUMNS = ("f1", "precision", "recall", "iou", "twitch_train_correlation", "rate_of_agreement")
_HEADINGS = ("F1", "precision", "recall", "IoU", "train corr.", "RoA", "matched / true")
Rows = dict[str, dict[str, dict[str, Any]]]


def designed(base: TrainingConfig, name: str) -> TrainingConfig:
    """The configuration of one of ``DESIGNS``.

    Raises:
        InputError: if there is none of that name.
    """
    if name not in DESIGNS:
        raise InputError(f"there is no design {name!r}; choose from {', '.join(DESIGNS)}")
    changes = dict(DESIGNS[name])
    if "segmenter" in changes:
        changes["segmenter"] = base.network.segmenter.replace(**changes["segmenter"])
    return base.replace(network=base.network.replace(**changes))


def score_stage(identifier: Identifier, builder: Any, count: int, stage: str) -> dict[str, Any]:
    """Scores of one stage's variant on validation recordings.

    Thresholds are chosen on every other recording and used on the rest, and the other way round,
    so every recording is scored with thresholds that never saw it.

    Args:
        identifier: trained, uncalibrated.
        builder: an opened data set.
        count: validation recordings; 0 for all.
        stage: one of ``STAGES``.

    Returns:
        :func:`kmu.evaluation.summarise` with ``intervals`` and ``recordings``.
    """
    pairs, probabilities = validation_units(ablated(identifier, stage), builder, count)
    scores = []
    for half in (0, 1):
        chosen, others = slice(1 - half, None, 2), slice(half, None, 2)
        least = choose_score_threshold(pairs[chosen])
        firing = choose_firing_threshold(pairs[chosen], probabilities[chosen])
        for (found, true), probability in zip(pairs[others], probabilities[others], strict=True):
            kept = found.score >= least
            given = _with_firings(found.select(kept), probability[kept], firing, stage)
            scores.append(score_recording(given, true))
    summary = {k: v for k, v in summarise(scores).items() if k != "seconds_per_recording"}
    return {**summary, "intervals": bootstrap_intervals(scores), "recordings": len(scores)}


def _with_firings(
    units: MotorUnits, probability: NDArray[np.float32], threshold: float, stage: str
) -> MotorUnits:
    """The units with their firings: of the regressor, or the baselines' way where it is out."""
    if stage == UNMIXED_TRAIN:
        firing = BASELINES["spatial_ica"].tuned().firing
        firings = firings_of_trains(units.twitch_train, units.frame_rate, firing)
    else:
        firings = firings_from_probability(probability, units.frame_rate, threshold)
    return MotorUnits(
        units.territory, units.twitch_train, firings, units.score, units.frame_rate, units.spacing
    )


def ablation_table(rows: Rows) -> str:
    """Markdown: one row a network and stage, F1 with its 95 % interval."""
    lines = []
    for design, stages in rows.items():
        for stage, row in stages.items():
            cells = [f"{row[name]:.3f}" for name in _COLUMNS]
            low, high = row["intervals"]["f1"]
            cells[0] += f" ({low:.3f}-{high:.3f})"
            cells.append(f"{row['units_matched']} / {row['units_true']}")
            lines.append([design, stage, *cells])
    return markdown(("network", "stages", *_HEADINGS), lines, texts=2)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains what is to be trained, scores what is not scored yet, writes JSON and Markdown."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.ablation", description=__doc__)
    parser.add_argument("--preset", choices=sorted(TRAINING_PRESETS), default="base")
    parser.add_argument("--designs", default="both,slow_fusion,local_correlation")
    parser.add_argument(
        "--runs", nargs="*", default=[], metavar="DESIGN=DIR", help="finished runs to take"
    )
    parser.add_argument("--segmentation-steps", type=int, help="instead of the preset's")
    parser.add_argument("--signal-steps", type=int, help="instead of the preset's")
    parser.add_argument(
        "--stages-of", default="both", help="designs of which stages are left out, or none"
    )
    parser.add_argument("--count", type=int, default=100, help="validation recordings; 0: all")
    parser.add_argument("--data-dir", type=Path, help="where data sets are kept")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    arguments = parser.parse_args(argv)
    # Designs are compared without the phase that may follow.
    base = TRAINING_PRESETS[arguments.preset].replace(together_steps=0)
    for phase, steps in (
        ("segmentation", arguments.segmentation_steps),
        ("signals", arguments.signal_steps),
    ):
        if steps is not None:
            base = base.replace(**{phase: getattr(base, phase).replace(steps=steps)})
    taken = dict(item.split("=", 1) for item in arguments.runs)
    path = arguments.out / "ablation.json"
    rows: Rows = json.loads(path.read_text()) if path.is_file() else {}
    for name in arguments.designs.split(","):
        stages = STAGES if name in arguments.stages_of.split(",") else (WHOLE,)
        missing = [stage for stage in stages if stage not in rows.get(name, {})]
        if not missing:
            continue
        # Networks of one process would otherwise keep each other's graphs.
        keras.backend.clear_session()
        if name in taken:
            folder = Path(taken[name])
            config = TrainingConfig.from_json(folder / "config.json")
            if checkpoint_position(folder / "checkpoint.npz") != (
                config.phases()[-1],
                config.phase(config.phases()[-1]).steps,
            ):
                raise InputError(f"{folder} holds no finished run")
        else:
            folder, config = arguments.out / name, designed(base, name)
        claim(folder, config)
        builder = open_dataset(config.data, config.network.grid, arguments.data_dir)
        identifier = train_networks(config, folder, builder)
        for stage in missing:
            row = score_stage(identifier, builder, arguments.count, stage)
            rows.setdefault(name, {})[stage] = row
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(rows, indent=1) + "\n")
            with replacing(arguments.out / "ablation.md") as temporary:
                temporary.write_text(ablation_table(rows) + "\n")
            say(f"{name}, {stage}: F1 {row['f1']:.3f}")
    print(ablation_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
