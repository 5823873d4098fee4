"""The page ``kmu/docs/stress.md`` and its figures in ``kmu/docs/results/stress.json``.

``python -m kmu.studies.stress_page runs/stress/benchmark.json --command "kmu benchmark ..."`` keeps
what a benchmark measured, with command, version and date, and writes the page;
without a benchmark the page is made anew from what is kept.
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
from kmu.evaluation.families import STRESS
from kmu.evaluation.table import markdown
from kmu.files import replacing
from kmu.stress import FAMILIES, RESTING
from kmu.stress.world import World

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_KEPT = _DOCS / "results" / "stress.json"
_SCORES = (
    *("precision", "recall", "f1", "iou", "twitch_train_correlation", "rate_of_agreement"),
    *("firing_precision", "firing_recall"),
)
_TITLES = (
    *("precision", "recall", "F1", "IoU", "train r", "RoA 10 ms"),
    *("firings' precision", "firings' recall"),
)
_FALSE = "false_units_per_recording"
_COUNTS = ("recordings", "units_true", "units_found", "units_matched")

_INTRODUCTION = """# Stress suite

How well a method does on recordings that are not like those it was made with. A second simulator,
`kmu/stress`, makes them: it shares no code with the simulator that trains the networks (an import
contract holds that) and was written apart from it, with other discharges, twitches, territories,
tissue and noise. Nothing in it was ever used to train, to tune or to choose; `kmu tune` does not
know its families. It is still a simulation: good figures here are no proof for a laboratory.

```
kmu benchmark --families stress
kmu benchmark --families stress/plain,stress/jolts --methods kmu,spatial_ica --count 24
```

Recordings are 40 mm x 38 mm, 2 s, 250 frames per second, 8 to 26 units, unless a family says
otherwise. Recording *i* of every family has the same random numbers: `jolts` are the recordings of
`plain` with jolts added, so that families compare pair by pair (and are not independent).

The world behind it: a unit fires when its drive, a share of which is common to all units, has
gathered up to a threshold that is log-normal anew each time; a twitch's displacement is
(1 - exp(-t / rise))² exp(-t / decay); territories are polygons around ellipses, 0.5 on the outline;
the tissue around takes part in the motion, falling off with distance, with a part that is
antisymmetric in depth. The truth holds the fibres' own territory, without the tissue that follows.
Noise has a grain in space and time; its power is that of the units in the whole image, less the
signal-to-noise ratio. How far the tissue reaches and how coarse the noise is was set after the
shipped model had been run on the first recordings of some families and had missed hardly a unit,
and was softened once where it then found none of `few`; no method was changed for it. How hard the
families are for that model is so far partly by construction; what methods differ by is not.

The first recordings of six families, what the shipped model finds in them, misses and invents
(`python -m kmu.studies.outlines`):

![True, found, missed and false outlines over the velocity's power](figures/stress_outlines.png)
"""
_NOT_YET = (
    "## Result\n\nNo method has been measured on these families yet; the command above does it."
)


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


def document(kept: dict[str, Any]) -> str:
    """The page's text, from what :func:`keep` returned."""
    if not kept["families"]:
        return "\n".join([_INTRODUCTION, _families(), _NOT_YET, _parameters_text()]) + "\n"
    measured = f"Measured on {kept['date']} with kmu {kept['version']}"
    measured += f" ({kept['commit']})" if kept["commit"] else ""
    parts = [
        _INTRODUCTION,
        _families(),
        f"## Result\n\n{measured}:\n\n```\n{kept['command']}\n```\n\n"
        "Scores as on the [benchmark](benchmark.md) page, in brackets 95 % intervals bootstrapped "
        "over recordings. `n`: recordings.\n",
        _score_table(kept["families"]),
        "\n" + _means(kept["families"]),
        "\nWhere no unit is active, every unit found is false:\n",
        _rest_table(kept["families"]),
        _parameters_text(),
    ]
    return "\n".join(parts) + "\n"


def _score_table(families: dict[str, Any]) -> str:
    rows = []
    for family, methods in families.items():
        for method, kept in methods.items() if family not in RESTING else ():
            cells = [_with_interval(kept, key) for key in _SCORES]
            cells.append(f"{kept['units_matched']} / {kept['units_true']}")
            rows.append([family, method, str(kept["recordings"]), *cells])
    return markdown(("family", "method", "n", *_TITLES, "matched / true"), rows, texts=2)


def _rest_table(families: dict[str, Any]) -> str:
    rows = []
    for family, methods in families.items():
        for method, kept in methods.items() if family in RESTING else ():
            false = _with_interval(kept, _FALSE)
            rows.append([family, method, str(kept["recordings"]), false])
    return markdown(("family", "method", "n", "false units a recording"), rows, texts=2)


def _means(families: dict[str, Any]) -> str:
    """Mean and lowest F1 over families with units, method by method."""
    sentences = []
    for method in dict.fromkeys(name for methods in families.values() for name in methods):
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
    changes = "\n".join(
        f"| `{name}` | {text} | {_changes(changed)} |" for name, (text, changed) in FAMILIES.items()
    )
    return f"## Families\n\n| family | what is different | parameters |\n|---|---|---|\n{changes}\n"


def _changes(changed: dict[str, Any]) -> str:
    return "; ".join(f"`{name}` {_shown(value)}" for name, value in changed.items())


def _shown(value: Any) -> str:
    return f"{value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else str(value)


def _parameters_text() -> str:
    rows = [
        "\n## Parameters\n",
        "A range of two numbers is drawn from uniformly for every recording or unit. Without a "
        "source, the family says why.\n",
        "| parameter | plain | unit | meaning | source |",
        "|---|---|---|---|---|",
    ]
    for item in dataclasses.fields(World):
        rule, value = item.metadata, getattr(World(), item.name)
        shown = " x ".join(map(str, value)) if item.name in ("size", "spacing") else _shown(value)
        rows.append(
            f"| `{item.name}` | {shown} | {rule['unit']} | {rule['help']} | {rule['source']} |"
        )
    return "\n".join(rows)


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
    """Keeps a benchmark's figures and writes the page."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.stress_page", description=__doc__)
    parser.add_argument(
        "results",
        nargs="*",
        help="JSON files of kmu benchmark; NAME=FILE gives the method kmu in it another name",
    )
    parser.add_argument("--command", default="", help="that made them")
    parser.add_argument("--commit", default="", help="of the code that ran")
    parser.add_argument("--kept", type=Path, default=_KEPT, help="where the figures are kept")
    parser.add_argument("--out", type=Path, default=_DOCS / "stress.md")
    arguments = parser.parse_args(argv)
    if arguments.results:
        read = [_read(path) for path in arguments.results]
        kept = keep(read, arguments.command, arguments.commit)
        arguments.kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(arguments.kept) as temporary:
            temporary.write_text(json.dumps(kept, indent=1) + "\n")
    text = document(json.loads(arguments.kept.read_text()))
    with replacing(arguments.out) as temporary:
        temporary.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
