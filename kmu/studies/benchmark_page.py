"""The tables of ``kmu/docs/benchmark.md``, from the figures in ``kmu/docs/results``.

``python -m kmu.studies.benchmark_page runs/benchmark/benchmark.json --command "kmu benchmark ..."``
keeps what a benchmark measured, with command, version, commit and date, and its figures;
``--single-unit`` does it for ``kmu.studies.single_unit``. Without them, tables are made anew from
what is kept. All else on the page is written by hand.
"""

import argparse
import datetime
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu._version import __version__
from kmu.baselines import BASELINES
from kmu.errors import exit_code
from kmu.evaluation.methods import descriptions
from kmu.evaluation.table import COLUMNS, markdown, table_markdown
from kmu.files import replacing
from kmu.studies.included import include
from kmu.studies.single_unit import grid_table

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_TUNING = Path(__file__).resolve().parents[1] / "baselines" / "tuning.json"

_BREAKDOWNS = (
    ("units_true", "f1", "F1 by number of active units"),
    ("snr_db", "rate_of_agreement", "RoA ±10 ms of matched units by signal-to-noise ratio (dB)"),
    ("synchronization", "f1", "F1 by synchronization (coincident firings beyond chance)"),
    ("nearest_centre", "recall", "Recall by distance to the nearest other centre (mm)"),
    ("size", "recall", "Recall by size of the unit (mm²)"),
    ("depth", "recall", "Recall by depth of the unit (mm)"),
)
_FIGURES = ("f1_by_units", "recall_by_distance", "agreement_by_snr", "time_and_f1")
_KEPT = ("recordings", "units_true", "units_matched", "seconds_per_recording", "peak_memory_mib")
_TOLERANCES = (("agreement_10ms", "±10 ms"), ("agreement_20ms", "±20 ms"))


def keep(result: dict[str, dict[str, Any]], command: str, commit: str) -> dict[str, Any]:
    """What is kept of a benchmark: what made it, and the figures that the page shows.

    Args:
        result: as in the JSON of ``kmu benchmark``.
        command: that made it.
        commit: of the code that ran, empty if unknown.
    """
    families: dict[str, dict[str, Any]] = {}
    for family, methods in result.items():
        for method, summary in methods.items():
            scores = [key for key, _, _ in COLUMNS if key in summary]
            families.setdefault(family, {})[method] = {
                **{key: _rounded(summary[key]) for key in (*_KEPT, *scores)},
                "errors": summary["errors"],
                "intervals": {
                    key: [_rounded(edge) for edge in summary["intervals"][key]]
                    for key in scores
                    if key in summary["intervals"]
                },
                "breakdowns": {
                    name: [_in_bin(row, score) for row in summary["breakdowns"][name]]
                    for name, score, _ in _BREAKDOWNS
                },
            }
    return {**_made(command, commit), "families": families}


def parts(
    kept: dict[str, Any], tuning: dict[str, Any], single_unit: dict[str, Any]
) -> dict[str, str]:
    """What is included in the page, as Markdown, by the name of its place.

    Args:
        kept: from :func:`keep`.
        tuning: ``kmu/baselines/tuning.json``.
        single_unit: tables of :func:`kmu.studies.single_unit.grid_table` as ``tables``.
    """
    families = kept["families"]
    chosen = list(dict.fromkeys(name for methods in families.values() for name in methods))
    said = descriptions()
    return {
        "methods": "\n".join(f"- `{name}`: {said[name]}" for name in chosen if name in said),
        "oracles": ", ".join(f"`{name}`" for name in chosen if _is_oracle(name)) or "none",
        "tuned": _tuned(tuning),
        "result": f"{_how(kept)}\n\n{_counts(families)}\n\n{table_markdown(families)}",
        "failures": _failures(families),
        "broken down": _broken_down(families),
        "single unit": _how(single_unit) + "\n\n" + _single_unit(single_unit["tables"]),
    }


def _made(command: str, commit: str) -> dict[str, Any]:
    today = datetime.date.today().isoformat()
    return {"command": command, "version": __version__, "commit": commit, "date": today}


def _how(kept: dict[str, Any]) -> str:
    commit = f" ({kept['commit']})" if kept["commit"] else ""
    return f"`{kept['command']}` with kmu {kept['version']}{commit}, {kept['date']}."


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _in_bin(row: dict[str, Any], score: str) -> dict[str, Any]:
    """A bin of a breakdown: its edges, its score and how many recordings or units are in it."""
    weight = "units_matched" if score == "rate_of_agreement" else "recordings"
    weight = weight if weight in row else "units"
    return {key: _rounded(row[key]) for key in ("low", "high", score, weight)}


def _is_oracle(name: str) -> bool:
    return name in BASELINES and BASELINES[name].oracle


def _counts(families: dict[str, dict[str, Any]]) -> str:
    counts = [
        f"{next(iter(each.values()))['recordings']} of {name}" for name, each in families.items()
    ]
    return f"Recordings: {', '.join(counts)}."


def _failures(families: dict[str, dict[str, Any]]) -> str:
    failures = [
        f"- {name} on {family}, {error['recording']}: {error['error']}"
        for family, methods in families.items()
        for name, summary in methods.items()
        for error in summary["errors"]
    ]
    return "\n".join(failures) or "none"


def _tuned(tuning: dict[str, Any]) -> str:
    budget = tuning["budget"]
    heading = ("method", "F1, its defaults", "F1, tuned", "RoA before", "RoA after")
    rows = []
    for name, reached in tuning["reached"].items():
        cells = [
            f"{reached[key]:.3f}" if key in reached else "-"
            for key in ("f1_untuned", "f1", "rate_of_agreement_untuned", "rate_of_agreement")
        ]
        rows.append([name, *cells])
    return (
        f"Settings drawn: {budget['trials']}; validation recordings: {budget['count']} of each of "
        f"{', '.join(budget['families'])}.\n\n{markdown(heading, rows)}"
    )


def _broken_down(families: dict[str, dict[str, Any]]) -> str:
    tables = []
    for name, score, title in _BREAKDOWNS:
        for family, methods in families.items():
            text = _breakdown_table(methods, name, score)
            if text:
                tables.append(f"### {title}: {family}\n\n{text}")
    return "\n\n".join(tables)


def _breakdown_table(methods: dict[str, Any], name: str, score: str) -> str:
    rows = [row for summary in methods.values() for row in summary["breakdowns"][name]]
    bins = list(dict.fromkeys((row["low"], row["high"]) for row in rows))
    if not bins:
        return ""
    bins.sort(key=lambda edges: float("-inf") if edges[0] is None else edges[0])
    lines = []
    for method, summary in methods.items():
        by_bin = {(row["low"], row["high"]): row for row in summary["breakdowns"][name]}
        cells = [_cell(by_bin.get(edges), score) for edges in bins]
        lines.append([method, *cells])
    return markdown(["method", *(_label(*edges) for edges in bins)], lines)


def _cell(row: dict[str, Any] | None, score: str) -> str:
    """A score, and of how many recordings or units."""
    if row is None:
        return "-"
    number = next(row[key] for key in ("recordings", "units_matched", "units") if key in row)
    return f"{row[score]:.2f} ({number})" if number else "-"


def _single_unit(tables: dict[str, list[list[str]]]) -> str:
    shown = []
    for key, title in _TOLERANCES:
        heading, *lines = tables[key]
        shown.append(f"{title}:\n\n{markdown(heading, lines)}")
    return "\n\n".join(shown)


def _label(low: float | None, high: float | None) -> str:
    if low is None:
        return "all" if high is None else f"< {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g}-{high:g}"


def main(argv: Sequence[str] | None = None) -> int:
    """Keeps what was measured and fills the page's places."""
    parser = argparse.ArgumentParser(
        prog="python -m kmu.studies.benchmark_page", description=__doc__
    )
    parser.add_argument(
        "result", type=Path, nargs="?", help="JSON of kmu benchmark, its figures beside it"
    )
    parser.add_argument("--command", default="kmu benchmark", help="that made it")
    parser.add_argument("--commit", default="", help="of the code that ran")
    parser.add_argument("--single-unit", type=Path, help="JSON of kmu.studies.single_unit")
    parser.add_argument("--docs", type=Path, default=_DOCS, help="folder of the page")
    arguments = parser.parse_args(argv)
    docs, results = arguments.docs, arguments.docs / "results"
    if arguments.result:
        kept = keep(json.loads(arguments.result.read_text()), arguments.command, arguments.commit)
        _write(results / "benchmark.json", json.dumps(kept, indent=1))
        (docs / "figures").mkdir(exist_ok=True)
        for name in _FIGURES:
            shutil.copy(arguments.result.parent / f"{name}.png", docs / "figures")
    if arguments.single_unit:
        rows = json.loads(arguments.single_unit.read_text())
        made = _made("python -m kmu.studies.single_unit", arguments.commit)
        tables = {key: grid_table(rows, key) for key, _ in _TOLERANCES}
        text = json.dumps({**made, "tables": tables}, indent=1, ensure_ascii=False)
        _write(results / "single_unit.json", text)
    kept, single = (
        json.loads((results / f"{name}.json").read_text()) for name in ("benchmark", "single_unit")
    )
    page = docs / "benchmark.md"
    filled = include(page.read_text(), parts(kept, json.loads(_TUNING.read_text()), single))
    _write(page, filled.rstrip("\n"))
    return 0


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(exit_code(main))
