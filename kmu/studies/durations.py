"""What longer recordings bring: every method on the same seeds, 2 to 20 s long.

``python -m kmu.studies.durations --out runs/durations`` writes JSON, a table and a figure. A run
that was stopped goes on where it stood, as ``kmu benchmark`` does.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.config.benchmark import BenchmarkConfig
from kmu.config.simulation import SIMULATION_PRESETS
from kmu.errors import InputError, exit_code
from kmu.evaluation.benchmark import run_benchmark
from kmu.evaluation.families import Family
from kmu.evaluation.methods import descriptions
from kmu.evaluation.table import table_markdown, write_json
from kmu.files import replacing

DURATIONS = (2.0, 5.0, 10.0, 20.0)
SCORES = {
    "f1": "F1",
    "twitch_train_correlation": "train correlation (matched)",
    "rate_of_agreement": "RoA, ±10 ms (matched)",
}
Result = dict[str, dict[str, Any]]


def lasting(name: str, duration: float, count: int, first_seed: int) -> Family:
    """A preset's recordings with another length; a seed has the same muscle at every length.

    Raises:
        InputError: if there is no such preset, or the duration is out of range.
    """
    if name not in SIMULATION_PRESETS:
        raise InputError(f"there is no family {name!r}; choose from {list(SIMULATION_PRESETS)}")
    simulation = SIMULATION_PRESETS[name].override(duration=duration, durations=(0.0, 0.0))
    return Family(f"{name} {duration:g} s", count, first_seed, simulation=simulation)


def courses(result: Result, score: str) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """{family: {method: [(duration in s, score), ...]}}, durations ascending.

    Points without a matched unit are left out where the score is one of matched units.
    """
    made: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for label, methods in result.items():
        name, duration, _ = label.rsplit(" ", 2)
        for method, summary in methods.items():
            if score == "f1" or summary["units_matched"]:
                points = made.setdefault(name, {}).setdefault(method, [])
                points.append((float(duration), float(summary[score])))
                points.sort()
    return made


def draw_durations(result: Result, path: Path) -> None:
    """Draws the scores against duration into a PNG file: a row a score, a column a family."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator, ScalarFormatter

    families = list(courses(result, "f1"))
    figure = Figure(figsize=(3.5 * len(families) + 1.5, 7), dpi=80, layout="constrained")
    panels = figure.subplots(len(SCORES), len(families), sharex=True, sharey="row", squeeze=False)
    for row, (score, title) in zip(panels, SCORES.items(), strict=True):
        by_family = courses(result, score)
        row[0].set_ylabel(title)
        for axes, name in zip(row, families, strict=True):
            for k, (method, points) in enumerate(by_family.get(name, {}).items()):
                seconds, values = zip(*points, strict=True)
                axes.plot(seconds, values, marker="osv^D<>pX*"[k % 10], label=method)
            axes.set(xscale="log", ylim=(0, 1.02))
            axes.set_xticks(sorted({x for p in by_family.get(name, {}).values() for x, _ in p}))
            axes.xaxis.set_major_formatter(ScalarFormatter())
            axes.xaxis.set_minor_locator(NullLocator())
            axes.grid(alpha=0.3)
    for axes, name in zip(panels[0], families, strict=True):
        axes.set_title(name)
    for axes in panels[-1]:
        axes.set_xlabel("duration (s)")
    panels[0][-1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    with replacing(path) as temporary:
        figure.savefig(temporary)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what is missing, prints the table, writes JSON, Markdown and the figure."""
    defaults = BenchmarkConfig()
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.durations", description=__doc__)
    parser.add_argument("--methods", default="kmu,spatial_ica", help="comma-separated, or all")
    parser.add_argument("--families", default="low_force,moderate")
    parser.add_argument("--durations", default=",".join(f"{d:g}" for d in DURATIONS), help="s")
    parser.add_argument("--count", type=int, default=50, help="recordings of each length")
    parser.add_argument("--model", default="", help="model of the method kmu (name or folder)")
    parser.add_argument("--jobs", type=int, default=1, help="parallel processes")
    parser.add_argument("--out", type=Path, default=Path("runs/durations"))
    arguments = parser.parse_args(argv)
    chosen = arguments.methods.split(",") if arguments.methods != "all" else list(descriptions())
    config = defaults.replace(
        methods=tuple(chosen),
        families=tuple(arguments.families.split(",")),
        count=arguments.count,
        model=arguments.model,
        jobs=arguments.jobs,
    )
    families = [
        lasting(name, float(duration), config.count, config.first_seed)
        for name in config.families
        for duration in arguments.durations.split(",")
    ]
    result = run_benchmark(config, families, arguments.out)
    write_json(result, arguments.out / "durations.json")
    with replacing(arguments.out / "durations.md") as temporary:
        temporary.write_text(table_markdown(result) + "\n")
    draw_durations(result, arguments.out / "durations.png")
    print(table_markdown(result))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
