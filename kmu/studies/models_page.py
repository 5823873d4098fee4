"""The tables and figures of ``kmu/docs/models.md``, made from what runs leave behind.

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
from kmu.studies.included import include

_DOCS = Path(__file__).resolve().parents[1] / "docs"


def measured(
    runs: dict[str, tuple[TrainingConfig, list[Point]]],
    ablation: dict[str, Any] | None = None,
    reliability: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
) -> dict[str, str]:
    """What is included in the page, by place; what was not measured is not among it.

    Args:
        runs: configuration and logs of the trainings by the name of the model.
        ablation: of :mod:`kmu.studies.ablation`.
        reliability: of :mod:`kmu.evaluation.reliability`.
        durations: of :mod:`kmu.studies.durations`.
    """
    parts = {}
    if runs:
        parts["runs"] = _runs_table(runs)
        parts["milestones"] = "\n\n".join(
            f"`{name}`:\n\n{milestone_table(points)}" for name, (_, points) in runs.items()
        )
    if ablation:
        parts["ablation"] = ablation_table(ablation)
    if reliability:
        parts["reliability"] = reliability_table(reliability)
    if durations:
        parts["durations"] = table_markdown(durations)
    return parts


def _runs_table(runs: dict[str, tuple[TrainingConfig, list[Point]]]) -> str:
    lines = [
        "| model | preset | family | steps, segmentation + signals + together | recordings a step "
        "| hours |",
        "|---|---|---|--:|--:|--:|",
    ]
    for name, (config, points) in runs.items():
        hours = points[-1].hours
        steps = " + ".join(f"{config.phase(name).steps}" for name in config.phases())
        lines.append(
            f"| {name} | {config.preset} | {config.data.family} | {steps} "
            f"| {config.data.batch_size} | {'-' if hours != hours else f'{hours:.2f}'} |"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Renews the page, its figures and the thinned logs; what has no file stays as it is."""
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
    page = include(arguments.out.read_text(), measured(runs, **found))
    with replacing(arguments.out) as temporary:
        temporary.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
