"""What each hour of a training bought, from the logs that it leaves.

A run's ``logs/<phase>.csv`` has a row a checkpoint: means of losses and of what is watched over the
training batches since the last one, and how many seconds those took.
"""

import csv
import math
from pathlib import Path
from typing import Any, NamedTuple

from kmu.config import TrainingConfig
from kmu.errors import InputError
from kmu.evaluation.table import markdown
from kmu.files import replacing

# What is shown of each phase beside its loss.
WATCHED = {
    "mask_iou": "IoU of masks at true centres",
    "refined_iou": "IoU of matched units",
    "recall": "recall of candidates",
    "train_correlation": "train correlation of matched units",
}


class Point(NamedTuple):
    """One row of the logs.

    Attributes:
        phase: of training.
        step: optimizer steps of the phase.
        hours: of training since its start, all phases; NaN where the log has no seconds.
        values: loss and those of ``WATCHED`` that the phase has.
    """

    phase: str
    step: int
    hours: float
    values: dict[str, float]


def read_run(folder: Path) -> list[Point]:
    """All rows of a run's logs, in order.

    Raises:
        InputError: if the folder holds no run with logs.
    """
    config = TrainingConfig.from_json(folder / "config.json")
    points, seconds = [], 0.0
    for phase in config.phases():
        path = folder / "logs" / f"{phase}.csv"
        if not path.is_file():
            continue
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                seconds += float(row.get("wall_seconds") or "nan")
                names = ["loss", *(name for name in WATCHED if name in row)]
                step = (int(row["epoch"]) + 1) * config.checkpoint_steps
                values = {name: float(row[name]) for name in names}
                points.append(Point(phase, step, seconds / 3600, values))
    if not points:
        raise InputError(f"{folder} holds no logs of a training")
    return points


def milestones(points: list[Point], parts: int = 4) -> list[Point]:
    """The rows where each part of each phase ends: quarters, if not said otherwise."""
    chosen = []
    for phase in dict.fromkeys(point.phase for point in points):
        own = [point for point in points if point.phase == phase]
        ends = {math.ceil(len(own) * (k + 1) / parts) - 1 for k in range(parts)} if own else set()
        chosen += [own[k] for k in sorted(ends)]
    return chosen


def milestone_table(points: list[Point]) -> str:
    """Markdown: loss and what is watched at each of :func:`milestones`."""
    names = [name for name in WATCHED if any(name in point.values for point in points)]
    heading = ["phase", "step", "hours", "loss", *(WATCHED[name] for name in names)]
    rows = []
    for point in milestones(points):
        hours = "-" if math.isnan(point.hours) else f"{point.hours:.2f}"
        cells = [point.phase, str(point.step), hours]
        cells += [
            f"{point.values[name]:.3f}" if name in point.values else "-"
            for name in ("loss", *names)
        ]
        rows.append(cells)
    return markdown(heading, rows)


def write_thinned(runs: dict[str, list[Point]], path: Path, rows: int = 40) -> None:
    """The curves as a small CSV: at most ``rows`` of each phase of each run, the last one always.

    Args:
        runs: rows of each run by its name.
        path: of the CSV.
        rows: of each phase.
    """
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["run", "phase", "step", "hours", "loss", *WATCHED])
        for run, points in runs.items():
            for point in milestones(points, rows):
                hours = "" if math.isnan(point.hours) else f"{point.hours:.4f}"
                values = [point.values.get(name) for name in ("loss", *WATCHED)]
                cells = ["" if value is None else f"{value:.4f}" for value in values]
                writer.writerow([run, point.phase, point.step, hours, *cells])


def draw_curves(runs: dict[str, list[Point]], path: Path) -> None:
    """Draws loss and what is watched of all runs into a PNG file.

    A column for each phase that some run has, against the share of its steps: runs are of different
    machines, and batches of different size.
    """
    from matplotlib.figure import Figure

    every = [point for points in runs.values() for point in points]
    phases = list(dict.fromkeys(point.phase for point in every))
    figure = Figure(figsize=(4 * len(phases), 5), dpi=80, layout="constrained")
    panels = figure.subplots(2, len(phases), sharex="col", squeeze=False)
    for k, phase in enumerate(phases):
        for number, (run, points) in enumerate(runs.items()):
            own = [point for point in points if point.phase == phase]
            x = [point.step / own[-1].step for point in own]
            look: dict[str, Any] = {"color": f"C{number % 10}", "linewidth": 1}
            panels[0][k].plot(x, [p.values["loss"] for p in own], label=run, **look)
            for line, name in zip(("-", "--", ":", "-."), WATCHED, strict=True):
                if own and name in own[0].values:
                    y = [point.values[name] for point in own]
                    # Which run it is says the colour, above.
                    label = WATCHED[name] if number == 0 else None
                    panels[1][k].plot(x, y, line, label=label, **look)
        panels[0][k].set(title=phase, ylabel="loss" if k == 0 else None, yscale="log")
        panels[1][k].set(xlabel="share of the phase's steps", ylim=(0, 1))
        for axes in (panels[0][k], panels[1][k]):
            axes.grid(alpha=0.3)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(fontsize=7)
    with replacing(path) as temporary:
        figure.savefig(temporary)
