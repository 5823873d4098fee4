"""The tables of ``kmu/docs/stress.md``, from the figures in ``kmu/docs/results/stress.json``.

``python -m kmu.studies.stress_page runs/stress/benchmark.json --command "kmu benchmark ..."`` keeps
what a benchmark measured, with command, version and date; without a benchmark the tables are made
anew from what is kept. All else on the page is written by hand.
"""

import argparse
import dataclasses
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu._version import __version__
from kmu.errors import InputError, exit_code
from kmu.evaluation.bounds import BOUNDS
from kmu.evaluation.families import STRESS
from kmu.evaluation.table import markdown
from kmu.files import replacing
from kmu.stress import FAMILIES, RESTING
from kmu.stress.world import World
from kmu.studies.included import include

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_SCORES = (
    *("precision", "recall", "f1", "iou", "twitch_train_correlation", "rate_of_agreement"),
    *("firing_precision", "firing_recall"),
)
_TITLES = (
    *("precision", "recall", "F1", "IoU", "train r", "RoA 10 ms"),
    *("firings' precision", "firings' recall"),
)
# Averages over the true firings.
_TOLD = "sta_oracle"
_FALSE = "false_units_per_recording"
_COUNTS = ("recordings", "units_true", "units_found", "units_matched")


def keep(results: Sequence[dict[str, Any]], command: str, commit: str) -> dict[str, Any]:
    """What is kept of benchmarks: command, version, date, and the scores with their intervals.

    Args:
        results: as in the JSON of ``kmu benchmark``; later ones replace earlier ones.
        command: that made them.
        commit: of the code that ran, empty if unknown.

    Raises:
        InputError: if a result is of other families.
    """
    families: dict[str, dict[str, Any]] = {}
    for result in results:
        for name, methods in result.items():
            suite, _, family = name.partition("/")
            if suite != STRESS or family not in FAMILIES:
                raise InputError(f"{name} is no family of the stress suite; leave it out")
            for method, summary in methods.items():
                kept = {key: round(summary[key], 4) for key in (*_COUNTS, *_SCORES, _FALSE)}
                kept["failed"] = len(summary["errors"])
                kept["intervals"] = {
                    key: [round(edge, 4) for edge in summary["intervals"][key]]
                    for key in (*_SCORES, _FALSE)
                }
                families.setdefault(family, {})[method] = kept
    ordered = {name: families[name] for name in FAMILIES if name in families}
    made = {"command": command, "version": __version__, "commit": commit}
    return {**made, "date": datetime.date.today().isoformat(), "families": ordered}


def parts(kept: dict[str, Any]) -> dict[str, str]:
    """What is included in the page, as Markdown, by the name of its place.

    Args:
        kept: from :func:`keep`.
    """
    measured = kept["families"]
    families = {
        family: {name: value for name, value in methods.items() if name not in BOUNDS}
        for family, methods in measured.items()
    }
    commit = f" ({kept['commit']})" if kept["commit"] else ""
    return {
        "families": _families(),
        "made by": f"Measured on {kept['date']} with kmu {kept['version']}{commit}:\n\n"
        f"```\n{kept['command']}\n```",
        "methods": _f1_table(families),
        "scores": f"{_score_table(families)}\n\n{_means(families)}",
        "attainable": _attainable_table(measured),
        "rest": _rest_table(families),
        "parameters": _parameters(),
    }


def _score_table(families: dict[str, Any]) -> str:
    """The networks' scores, and those of the other method that is best in the family."""
    rows = []
    for family, methods in families.items():
        if family in RESTING:
            continue
        # One that is told the firings is no rival.
        others = [name for name in methods if not _network(name) and name != _TOLD]
        best = max(others, key=lambda name: methods[name]["f1"], default=None)
        for method, kept in methods.items():
            if _network(method) or method == best:
                cells = [_with_interval(kept, key) for key in _SCORES]
                cells.append(f"{kept['units_matched']} / {kept['units_true']}")
                rows.append([family, method, str(kept["recordings"]), *cells])
    return markdown(("family", "method", "n", *_TITLES, "matched / true"), rows, texts=2)


def _network(method: str) -> bool:
    return method.partition("/")[0] in ("kmu", "paper")


def _f1_table(families: dict[str, Any]) -> str:
    """F1 of every method in every family with units."""
    names = _methods(families)
    rows = []
    for family, methods in families.items():
        if family not in RESTING:
            shown = (f"{methods[name]['f1']:.2f}" if name in methods else "-" for name in names)
            rows.append([family, *shown])
    return markdown(("family", *names), rows, texts=1)


def _attainable_table(families: dict[str, Any]) -> str:
    """Beside kmu: what is found where half of the truth is told."""
    f1 = ("kmu", "territories_bound")
    firings = ("kmu", "trains_bound", "trains_bound_lsq")
    rows = [
        [family, *(f"{methods[name]['f1']:.2f}" for name in f1)]
        + [f"{methods[n][f'firing_{s}']:.2f}" for s in ("precision", "recall") for n in firings]
        for family, methods in families.items()
        if family not in RESTING and methods.keys() >= {*f1, *firings}
    ]
    told = ("told territories, network", "told territories, least squares")
    precision, recall = ("firings' precision, kmu", *told), ("firings' recall, kmu", *told)
    titles = ("family", "F1, kmu", "F1, told trains", *precision, *recall)
    return markdown(titles, rows, texts=1)


def _rest_table(families: dict[str, Any]) -> str:
    resting = [family for family in families if family in RESTING]
    rows = [
        [
            name,
            *(
                _with_interval(families[family][name], _FALSE) if name in families[family] else "-"
                for family in resting
            ),
        ]
        for name in _methods({family: families[family] for family in resting})
    ]
    return markdown(("false units a recording", *resting), rows, texts=1)


def _methods(families: dict[str, Any]) -> list[str]:
    """All methods: the networks first, then in the benchmark's order."""
    names = dict.fromkeys(name for methods in families.values() for name in methods)
    return sorted(names, key=lambda name: not _network(name))


def _means(families: dict[str, Any]) -> str:
    """Mean and lowest F1 over families with units, method by method."""
    sentences = []
    for method in _methods(families):
        f1 = {
            family: methods[method]["f1"]
            for family, methods in families.items()
            if family not in RESTING and method in methods
        }
        if f1:
            lowest = min(f1, key=lambda family: f1[family])
            mean = sum(f1.values()) / len(f1)
            sentences.append(
                f"- `{method}`: mean F1 of {len(f1)} families with units {mean:.3f}; "
                f"lowest {f1[lowest]:.2f} (`{lowest}`)."
            )
    return "\n".join(sentences)


def _with_interval(kept: dict[str, Any], key: str) -> str:
    if key in _SCORES[3:] and not kept["units_matched"]:
        return "-"
    low, high = kept["intervals"][key]
    return f"{kept[key]:.2f} ({low:.2f}-{high:.2f})"


def _families() -> str:
    rows = [(f"`{name}`", text, _changes(changed)) for name, (text, changed) in FAMILIES.items()]
    return markdown(("family", "what is different", "parameters"), rows, texts=3)


def _changes(changed: dict[str, Any]) -> str:
    return "; ".join(f"`{name}` {_shown(value)}" for name, value in changed.items())


def _shown(value: Any) -> str:
    return f"{value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else str(value)


def _parameters() -> str:
    rows = []
    for item in dataclasses.fields(World):
        rule, value = item.metadata, getattr(World(), item.name)
        shown = " x ".join(map(str, value)) if item.name in ("size", "spacing") else _shown(value)
        rows.append((f"`{item.name}`", shown, rule["unit"], rule["help"], rule["source"]))
    return markdown(("parameter", "plain", "unit", "meaning", "source"), rows, texts=5)


def _read(argument: str) -> dict[str, Any]:
    """A benchmark's result; with a name before its file, ``kmu`` in it is called so."""
    name, equals, path = argument.rpartition("=")
    result: dict[str, Any] = json.loads(Path(path).read_text())
    if not equals:
        return result
    return {
        family: {name if method == "kmu" else method: kept for method, kept in methods.items()}
        for family, methods in result.items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Keeps a benchmark's figures and fills the page's places."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.stress_page", description=__doc__)
    parser.add_argument(
        "results",
        nargs="*",
        help="JSON files of kmu benchmark; NAME=FILE gives the method kmu in it another name",
    )
    parser.add_argument("--command", default="", help="that made them")
    parser.add_argument("--commit", default="", help="of the code that ran")
    parser.add_argument("--docs", type=Path, default=_DOCS, help="folder of the page")
    arguments = parser.parse_args(argv)
    source = arguments.docs / "results" / "stress.json"
    if arguments.results:
        read = [_read(path) for path in arguments.results]
        kept = keep(read, arguments.command, arguments.commit)
        source.parent.mkdir(parents=True, exist_ok=True)
        with replacing(source) as temporary:
            temporary.write_text(json.dumps(kept, indent=1) + "\n")
    page = arguments.docs / "stress.md"
    text = include(page.read_text(), parts(json.loads(source.read_text())))
    with replacing(page) as temporary:
        temporary.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
