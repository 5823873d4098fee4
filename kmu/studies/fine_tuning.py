"""What fine-tuning brings on a scanner away from those of training, beside training from nothing.

``python -m kmu.studies.fine_tuning FAMILY.json --out DIR`` trains both for the same number of steps
and writes ``DIR/fine_tuning.json``, which is kept as ``kmu/docs/results/fine_tuning.json``. Test
recordings are looked at once, at the end, with thresholds that are the model's own or chosen on
validation recordings.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from kmu.config import TRAINING_PRESETS, PhaseConfig, SimulationConfig, TrainingConfig
from kmu.evaluation.intervals import bootstrap_intervals
from kmu.evaluation.scores import score_recording, summarise
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.firings import firings_from_probability
from kmu.models import Identifier
from kmu.models.export import load_identifier
from kmu.progress import say
from kmu.studies.included import include
from kmu.studies.run_facts import run_facts
from kmu.train.data import open_dataset
from kmu.train.looking import validation_units
from kmu.train.pipeline import calibrated, train_networks

# Pixels of the grid, mm: an image of 20 mm then has as many of them as one of 40 mm usually has.
FINE_GRID = 0.3125
SCORES = ("precision", "recall", "f1", "iou", "twitch_train_correlation", "rate_of_agreement")
Thresholds = dict[str, float]


def configurations(own: SimulationConfig, steps: int) -> dict[str, TrainingConfig]:
    """Both trainings: as many steps of as many recordings, on the same data and grid.

    Args:
        own: the family.
        steps: of both trainings, all phases together.
    """
    base = TRAINING_PRESETS["fine_tune"]
    data = base.data.replace(
        family=own.family, own=own, own_counts=(60, 12, 30), batch_size=4, views=((100, 64, 64),),
        shuffle_buffer=60,
    )  # fmt: skip
    grid = base.network.grid.replace(spacing=FINE_GRID)
    tuned = base.replace(
        network=base.network.replace(grid=grid), data=data, checkpoint_steps=10, watched=0
    )
    half, quarter = steps // 20 * 10, steps // 40 * 10

    def phase(count: int, rate: float) -> PhaseConfig:
        return base.segmentation.replace(steps=count, learning_rate=rate, average=0.98)

    return {
        "fine_tuned": tuned.replace(
            segmentation=phase(half, 5e-4), signals=phase(0, 5e-4), together_steps=steps - half
        ),
        "from_nothing": tuned.replace(
            start="",
            start_share=0.0,
            segmentation=phase(half, 1.5e-3),
            signals=phase(quarter, 1.5e-3),
            together_steps=steps - half - quarter,
        ),
    }


def tested(identifier: Identifier, thresholds: Thresholds, builder: Any) -> dict[str, Any]:
    """Scores of a network on the test recordings, with their 95 % intervals."""
    pairs, probabilities = validation_units(identifier, builder, 0, "test")
    scores = []
    for (found, true), probability in zip(pairs, probabilities, strict=True):
        times = firings_from_probability(probability, found.frame_rate, thresholds["firing"])
        kept = replace(found, firings=times).select(found.score >= thresholds["score"])
        scores.append(score_recording(kept, true, 0.0))
    summary, intervals = summarise(scores), bootstrap_intervals(scores)
    return {
        name: [round(float(v), 4) for v in (summary[name], *intervals[name])] for name in SCORES
    }


def shipped(name: str, spacing: float | None) -> tuple[Identifier, Thresholds]:
    """A model that came with kmu, on its own grid or another, with its own thresholds."""
    folder = find_model(name)
    model = load_identifier(folder)
    if spacing is not None:
        grid = model.config.grid.replace(spacing=spacing)
        other = Identifier(
            model.config.replace(grid=grid),
            score_scale=model.score_scale,
            score_offset=model.score_offset,
            firing_scale=model.firing_scale,
            firing_offset=model.firing_offset,
        )
        other.build()
        other.set_weights(model.get_weights())
        model = other
    told: Thresholds = json.loads((folder / "config.json").read_text())["thresholds"]
    return model, told


def trained(config: TrainingConfig, builder: Any, out: Path) -> dict[str, Any]:
    """Trains, calibrates and tests; says how much processor time the steps alone took."""
    before = time.process_time()
    identifier = train_networks(config, out, builder)
    seconds = round(time.process_time() - before, 1)
    thresholds = calibrated(identifier, builder, 0)
    scores = tested(identifier, thresholds, builder)
    return {**scores, "thresholds": thresholds, "training_seconds": seconds}


def measured(own: SimulationConfig, steps: int, out: Path, data_dir: Path | None) -> dict[str, Any]:
    """Everything, kept piece by piece in ``out``, so that a run that was stopped goes on."""
    path = out / "fine_tuning.json"
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    runs = configurations(own, steps)
    tuned = runs["fine_tuned"]
    kept.setdefault("run", run_facts("python -m kmu.studies.fine_tuning"))
    kept["steps"] = {
        name: {phase: config.phase(phase).steps for phase in config.phases()}
        for name, config in runs.items()
    }
    kept["recordings"] = dict(
        zip(("train", "validation", "test"), tuned.data.own_counts, strict=True)
    )
    builder = open_dataset(tuned.data, tuned.network.grid, data_dir)

    def calibrated_alone() -> dict[str, Any]:
        identifier, _ = shipped(tuned.start, FINE_GRID)
        thresholds = calibrated(identifier, builder, 0)
        return {**tested(identifier, thresholds, builder), "thresholds": thresholds}

    for name, make in {
        "before": lambda: tested(*shipped(tuned.start, None), builder),
        "before_on_fine_grid": lambda: tested(*shipped(tuned.start, FINE_GRID), builder),
        "fine_tuned": lambda: trained(tuned, builder, out / "fine_tuned"),
        "from_nothing": lambda: trained(runs["from_nothing"], builder, out / "from_nothing"),
        "calibrated_on_fine_grid": calibrated_alone,
    }.items():
        if name in kept:
            continue
        before = time.process_time()
        kept[name] = make()
        kept[f"{name}_processor_seconds"] = round(time.process_time() - before, 1)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(kept, indent=1) + "\n")
        say(f"{name}: {kept[name]}")
    return kept


def table(kept: dict[str, Any]) -> str:
    """What the page shows, as Markdown."""
    titles = {
        "before": "`kmu` as it is, 0.625 mm",
        "before_on_fine_grid": "`kmu` on the finer grid, not trained",
        "calibrated_on_fine_grid": "... scores and thresholds from the validation recordings",
        "fine_tuned": "... and fine-tuned",
        "from_nothing": "trained from nothing for as many steps",
    }
    rows = [
        "| | F1 (95 % interval) | precision | recall | IoU | train corr. | RoA | steps, s |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, title in titles.items():
        if name not in kept:
            continue
        one = kept[name]
        f1, low, high = one["f1"]
        rest = (
            f"{one[score][0]:.3f}"
            for score in ("precision", "recall", "iou", "twitch_train_correlation",
                          "rate_of_agreement")
        )  # fmt: skip
        seconds = f"{one['training_seconds']:.0f}" if "training_seconds" in one else "-"
        rows.append(
            f"| {title} | {f1:.3f} ({low:.3f}-{high:.3f}) | {' | '.join(rest)} | {seconds} |"
        )
    run, counts = kept["run"], kept["recordings"]
    steps = sum(kept["steps"]["fine_tuned"].values())
    rows += [
        "",
        f"{counts['test']} test recordings; {counts['train']} for training, "
        f"{counts['validation']} for thresholds; {steps} steps of 4 recordings of 1 s; seconds of "
        f"processor time of the steps on one core. `{run['command']}`, kmu {run['version']}, "
        f"commit {run['commit']}, {run['date']}; all values in "
        "[fine_tuning.json](results/fine_tuning.json).",
    ]
    return "\n".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", type=Path, help="the scanner, a SimulationConfig as JSON")
    parser.add_argument("--steps", type=int, default=240, help="of each training (default 240)")
    parser.add_argument("--out", type=Path, default=Path("runs/fine_tuning"))
    parser.add_argument("--data-dir", type=Path, help="where data sets are kept")
    parser.add_argument("--page", type=Path, help="also include the table in this page")
    given = parser.parse_args()
    own = SimulationConfig.from_json(given.family)
    kept = measured(own, given.steps, given.out, given.data_dir)
    if given.page:
        page = include(given.page.read_text(encoding="utf-8"), {"fine_tuning": table(kept)})
        given.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
