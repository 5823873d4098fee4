"""The page ``kmu/docs/benchmark.md``, made from a benchmark's JSON so that no figure is typed.

``python -m kmu.studies.benchmark_page runs/benchmark/benchmark.json --single-unit single.json``
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.baselines import BASELINES
from kmu.errors import exit_code
from kmu.evaluation.methods import descriptions
from kmu.evaluation.table import table_markdown
from kmu.files import replacing
from kmu.studies.single_unit import grid_table

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_TUNING = Path(__file__).resolve().parents[1] / "baselines" / "tuning.json"

_INTRODUCTION = """# Benchmark

Every method runs on the same recordings, whose true motor units are known. One command makes all
of it, and a second run gives the same scores (nearly the same seconds):

```
kmu benchmark {options}
```

A run that was stopped goes on where it stood. `kmu benchmark --list` names methods and families;
a folder of your own recordings `NAME.h5` with `NAME.truth.h5` is a family too.

## What the scores mean

- Found and true units are paired one-to-one (Hungarian) by their masks, with an intersection over
  union of at least 0.5. Precision, recall and F1 count pairs, pooled over recordings.
- IoU, train r (Pearson correlation of the twitch train with the true one) and RoA are means over
  matched units. They can always be raised by matching fewer units, so the number matched stands
  beside them.
- RoA (rate of agreement) is C / (N1 + N2 - C) with firings matched one-to-one within ±10 ms,
  after one constant lag a unit.
- In brackets: 95 % intervals, bootstrapped over recordings.
- Seconds are processor time, summed over cores, so that it matters little what else the machine
  does; peak memory is of the process. A method that fails on a recording scores zero there.
- Recordings have the seeds of the data set's test split. Nothing was tuned on them.
"""

_BREAKDOWNS = (
    ("units_true", "f1", "F1 by number of active units"),
    ("snr_db", "rate_of_agreement", "RoA ±10 ms of matched units by signal-to-noise ratio (dB)"),
    ("synchronization", "f1", "F1 by synchronization (coincident firings beyond chance)"),
    ("nearest_centre", "recall", "Recall by distance to the nearest other centre (mm)"),
    ("size", "recall", "Recall by size of the unit (mm²)"),
    ("depth", "recall", "Recall by depth of the unit (mm)"),
)
_FIGURES = ("f1_by_units", "recall_by_distance", "agreement_by_snr", "time_and_f1")


def document(
    result: dict[str, dict[str, Any]],
    options: str,
    tuning: dict[str, Any] | None = None,
    single_unit: list[dict[str, Any]] | None = None,
    figures: bool = False,
) -> str:
    """The page's text.

    Args:
        result: of the benchmark, as in its JSON.
        options: of the command that made it.
        tuning: ``kmu/baselines/tuning.json``.
        single_unit: rows of :func:`kmu.studies.single_unit.single_unit_grid`.
        figures: whether the figures lie in ``figures/`` beside the page.
    """
    parts = [_INTRODUCTION.format(options=options), "## Methods\n"]
    chosen = list(dict.fromkeys(name for methods in result.values() for name in methods))
    chosen = chosen or list(descriptions())
    parts += [f"- `{name}`: {descriptions()[name]}" for name in chosen]
    oracles = [f"`{name}`" for name in chosen if name in BASELINES and BASELINES[name].oracle]
    if oracles:
        parts.append(f"\n{', '.join(oracles)} is told the true firings; the others are not.")
    if tuning:
        parts.append(_tuning_text(tuning))
    if result:
        parts += _result_text(result, figures)
    if single_unit:
        parts.append(_single_unit_text(single_unit))
    return "\n".join(parts) + "\n"


def _result_text(result: dict[str, dict[str, Any]], figures: bool) -> list[str]:
    """The table, what failed, the figures and the breakdowns."""
    parts = []
    counts = ", ".join(
        f"{next(iter(methods.values()))['recordings']} of {name}"
        for name, methods in result.items()
    )
    parts += [f"\n## Result\n\nRecordings: {counts}.\n", table_markdown(result)]
    failures = [
        f"- {name} on {family}, {error['recording']}: {error['error']}"
        for family, methods in result.items()
        for name, summary in methods.items()
        for error in summary["errors"]
    ]
    if failures:
        parts += ["\nFailures:\n", *failures]
    if figures:
        parts.append("\n" + "\n".join(f"![{name}](figures/{name}.png)" for name in _FIGURES))
    parts.append("\n## Broken down\n\nIn brackets: recordings, matched units or units.")
    for name, score, title in _BREAKDOWNS:
        for family, methods in result.items():
            text = _breakdown_table(methods, name, score)
            if text:
                parts.append(f"\n### {title}: {family}\n\n{text}")
    return parts


def _tuning_text(tuning: dict[str, Any]) -> str:
    budget = tuning["budget"]
    rows = [
        "| method | F1, its defaults | F1, tuned | RoA before | RoA after |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, reached in tuning["reached"].items():
        cells = [
            f"{reached[key]:.3f}" if key in reached else "-"
            for key in ("f1_untuned", "f1", "rate_of_agreement_untuned", "rate_of_agreement")
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return (
        "\n## How the baselines were tuned\n\n"
        f"The same budget for each: {budget['trials']} settings drawn at random around the "
        f"defaults, on half of {budget['count']} validation recordings of each of "
        f"{', '.join(budget['families'])}, the best third and the untuned ones on all, by the mean "
        "F1 of the families; the threshold by which a method screens its components is the best "
        "for each of them; then the firing estimator of the largest RoA. "
        "`python -m kmu.evaluation.tune` does it again; the settings are in "
        "`kmu/baselines/*.json`. On those validation recordings:\n\n" + "\n".join(rows)
    )


def _breakdown_table(methods: dict[str, Any], name: str, score: str) -> str:
    bins = list(
        dict.fromkeys(
            (row["low"], row["high"])
            for summary in methods.values()
            for row in summary["breakdowns"][name]
        )
    )
    if not bins:
        return ""
    bins.sort(key=lambda edges: float("-inf") if edges[0] is None else edges[0])
    lines = ["| method | " + " | ".join(_label(*edges) for edges in bins) + " |"]
    lines.append("|---|" + "--:|" * len(bins))
    for method, summary in methods.items():
        by_bin = {(row["low"], row["high"]): row for row in summary["breakdowns"][name]}
        cells = []
        for edges in bins:
            row = by_bin.get(edges)
            if row is None:
                cells.append("-")
                continue
            weight = "units_matched" if score == "rate_of_agreement" else "recordings"
            number = row.get(weight, row.get("units"))
            cells.append(f"{row[score]:.2f} ({number})" if number else "-")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _single_unit_text(rows: list[dict[str, Any]]) -> str:
    parts = [
        "\n## One unit alone\n",
        "A check of the firing estimators where nothing is mixed: trains of 15 s at 1000 Hz of "
        "one simulated unit, RoA in percent, mean ± standard deviation over the conditions. "
        "Published for such trains: convolutive 97.5 ± 2.7, Haar wavelet 96.9 ± 3.3 "
        "(BioMed Eng OnLine 2023, s12938-023-01076-0); that study's tolerance and range of "
        "conditions could not be read in full, so both tolerances and every condition are shown. "
        "The most irregular trains (CoV 40 %) lower the mean over all conditions: some of their "
        "intervals are shorter than the peak of a twitch's velocity is wide. "
        "`python -m kmu.studies.single_unit` makes the table.",
    ]
    for key, title in (("agreement_10ms", "±10 ms"), ("agreement_20ms", "±20 ms")):
        heading, *lines = grid_table(rows, key)
        parts.append(f"\n{title}:\n")
        parts.append("| " + " | ".join(heading) + " |")
        parts.append("|---|" + "--:|" * (len(heading) - 1))
        parts += ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(parts)


def _label(low: float | None, high: float | None) -> str:
    if low is None:
        return "all" if high is None else f"< {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g}-{high:g}"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page and copies the figures beside it."""
    parser = argparse.ArgumentParser(
        prog="python -m kmu.studies.benchmark_page", description=__doc__
    )
    parser.add_argument(
        "result", type=Path, nargs="?", help="JSON of kmu benchmark, its figures beside it"
    )
    parser.add_argument("--options", default="--count 100", help="of the command that made it")
    parser.add_argument("--single-unit", type=Path, help="JSON of kmu.studies.single_unit")
    parser.add_argument("--out", type=Path, default=_DOCS / "benchmark.md")
    arguments = parser.parse_args(argv)
    tuning = json.loads(_TUNING.read_text()) if _TUNING.is_file() else None
    single = json.loads(arguments.single_unit.read_text()) if arguments.single_unit else None
    result, drawn = {}, []
    if arguments.result:
        result = json.loads(arguments.result.read_text())
        drawn = [arguments.result.parent / f"{name}.png" for name in _FIGURES]
    there = bool(drawn) and all(path.is_file() for path in drawn)
    if there:
        (arguments.out.parent / "figures").mkdir(parents=True, exist_ok=True)
        for path in drawn:
            shutil.copy(path, arguments.out.parent / "figures" / path.name)
    text = document(result, arguments.options, tuning, single, there)
    with replacing(arguments.out) as temporary:
        temporary.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
