"""The page ``kmu/docs/models.md``, made from what runs leave behind.

What was tried once by hand, and why, is in :mod:`kmu.studies.prose`.

``python -m kmu.studies.models_page --runs kmu=runs/base paper=runs/paper`` and the files of
``kmu.studies.ablation``, ``kmu.evaluation.reliability`` and ``kmu.studies.durations``.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.config import TrainingConfig
from kmu.errors import exit_code
from kmu.evaluation.reliability import reliability_table
from kmu.evaluation.table import table_markdown
from kmu.files import replacing
from kmu.studies.ablation import ablation_table
from kmu.studies.curves import Point, draw_curves, milestone_table, read_run, write_thinned
from kmu.studies.prose import ABLATION, DESIGN, INFERENCE, JAX, LIMITS

_DOCS = Path(__file__).resolve().parents[1] / "docs"


def document(
    runs: dict[str, tuple[TrainingConfig, list[Point]]],
    ablation: dict[str, Any] | None = None,
    reliability: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
) -> str:
    """The page's text; what was not measured has no section.

    Args:
        runs: configuration and logs of the trainings by the name of the model.
        ablation: of :mod:`kmu.studies.ablation`.
        reliability: of :mod:`kmu.evaluation.reliability`.
        durations: of :mod:`kmu.studies.durations`.
    """
    parts = [DESIGN]
    if runs:
        parts.append(_training_text(runs))
        parts.append(INFERENCE)
    if ablation:
        counts = sorted({row["recordings"] for rows in ablation.values() for row in rows.values()})
        parts.append(
            "## Ablation\n\nOn "
            f"{' or '.join(map(str, counts))} validation recordings of the family trained on, F1 "
            "with its 95 % interval; thresholds are chosen on one half and used on the other. "
            "Stages are left out without training again. "
            "`python -m kmu.studies.ablation` makes the table.\n\n"
            + ablation_table(ablation)
            + "\n"
        )
        parts.append(ABLATION)
    if reliability:
        parts.append(
            "## Calibration\n\nOn simulated test recordings, which neither training nor "
            "calibration saw: the expected calibration error over all candidates (ten bins), and "
            "for the units that are given their mean score beside the share that is true. "
            "`python -m kmu.evaluation.reliability` makes it.\n\n"
            + reliability_table(reliability)
            + "\n\n![Reliability curves](figures/reliability.png)\n"
        )
    if durations:
        parts.append(
            "## Duration\n\nThe same muscles, recorded longer "
            "(`python -m kmu.studies.durations`); every method with its settings "
            "of the benchmark, which were tuned on 2 s.\n\n"
            "![Scores against duration](figures/durations.png)\n\n"
            + table_markdown(durations)
            + "\n"
        )
    parts.append(LIMITS)
    return "\n".join(parts)


def _training_text(runs: dict[str, tuple[TrainingConfig, list[Point]]]) -> str:
    """Data, schedule and what each quarter of it bought."""
    parts = [
        "## Training\n",
        "Simulated recordings only ([simulator](simulator.md)). First the segmenter and slow "
        "fusion are trained on true centres and masks, then refiner, regressor, sieve and judge on "
        "what the frozen segmenter proposes; these once more, together, with candidates and "
        "refinements as they will be used. Convolutions compute in bfloat16 "
        "where the processor or GPU has it (`precision`). AdamW, warm-up and "
        "cosine decay in every phase, clipped gradients, moving average of the weights. "
        "Augmentation: clips at random, smaller fields of view, mirroring, noise, averaging in "
        "space and time, superposed recordings and, in the last phase, noise that pixels share.\n",
        "| model | preset | family | steps, segmentation + signals + together | recordings a step "
        "| hours |",
        "|---|---|---|--:|--:|--:|",
    ]
    for name, (config, points) in runs.items():
        hours = points[-1].hours
        steps = " + ".join(f"{config.phase(name).steps}" for name in config.phases())
        parts.append(
            f"| {name} | {config.preset} | {config.data.family} | {steps} "
            f"| {config.data.batch_size} | {'-' if hours != hours else f'{hours:.2f}'} |"
        )
    parts.append(
        "\nWhat each quarter of a phase bought, on the training batches of that time (their weights"
        " are not averaged yet; all points are in [training.csv](figures/training.csv)):\n\n"
        "![Training curves](figures/training.png)"
    )
    for name, (_, points) in runs.items():
        parts.append(f"\n`{name}`:\n\n{milestone_table(points)}")
    parts.append(JAX)
    return "\n".join(parts) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page, its figures and the thinned logs; files that are missing are left out."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.models_page", description=__doc__)
    parser.add_argument("--runs", nargs="*", default=[], metavar="NAME=DIR", help="of kmu.train")
    parser.add_argument("--ablation", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--reliability", type=Path, default=Path("runs/reliability"))
    parser.add_argument("--durations", type=Path, default=Path("runs/durations"))
    parser.add_argument("--out", type=Path, default=_DOCS / "models.md")
    arguments = parser.parse_args(argv)
    folders = {name: Path(place) for name, place in (item.split("=", 1) for item in arguments.runs)}
    runs = {
        name: (TrainingConfig.from_json(folder / "config.json"), read_run(folder))
        for name, folder in folders.items()
    }
    found: dict[str, Any] = {}
    figures = arguments.out.parent / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for name in ("ablation", "reliability", "durations"):
        folder = getattr(arguments, name)
        path = folder / f"{name}.json"
        found[name] = json.loads(path.read_text()) if path.is_file() else None
        if found[name] and (folder / f"{name}.png").is_file():
            shutil.copy(folder / f"{name}.png", figures)
    if runs:
        curves = {name: points for name, (_, points) in runs.items()}
        draw_curves(curves, figures / "training.png")
        write_thinned(curves, figures / "training.csv")
    with replacing(arguments.out) as temporary:
        temporary.write_text(document(runs, **found))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
