"""A benchmark's result as a table, as JSON and as CSV."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kmu.evaluation.families import FOREIGN, origin_of
from kmu.files import replacing

Result = dict[str, dict[str, Any]]

COLUMNS = (
    ("precision", "precision", 2),
    ("recall", "recall", 2),
    ("f1", "F1", 2),
    ("iou", "IoU", 2),
    ("twitch_train_correlation", "train r", 2),
    ("rate_of_agreement", "RoA 10 ms", 2),
    ("rate_of_agreement_lag_0", "RoA, lag 0", 2),
    ("lag_ms", "lag ms", 1),
    ("firing_precision", "firing precision", 2),
    ("firing_recall", "firing recall", 2),
)
"""Key, heading and decimals of the scores that the table shows with their interval."""


def table_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of the table, all text.

    The scores stand with their 95 % interval; those of matched units beside how many these are.
    Where no unit is active, false units a recording stand in place of F1. With families of the
    stress suite among them, rows are grouped by where the truth comes from. Scores that a result of
    an earlier version lacks have no column.
    """
    grouped = any(origin_of(family) == FOREIGN for family in result)
    if grouped:
        result = dict(sorted(result.items(), key=lambda item: origin_of(item[0]), reverse=True))
    summaries = [summary for methods in result.values() for summary in methods.values()]
    columns = [column for column in COLUMNS if any(column[0] in each for each in summaries)]
    heading = ["family", "method", *(title for _, title, _ in columns)]
    heading += ["matched / true", "CPU s", "MiB", "failed"]
    heading += ["truth from"] if grouped else []
    rows = []
    for family, methods in result.items():
        for method, summary in methods.items():
            row = [family, method]
            for key, _, decimals in columns:
                row.append(_score(summary, key, decimals))
            row.append(f"{summary['units_matched']} / {summary['units_true']}")
            row.append(_number(summary["seconds_per_recording"], 2))
            row.append(_number(summary["peak_memory_mib"], 0))
            row.append(str(len(summary["errors"])))
            rows.append([*row, origin_of(family)] if grouped else row)
    return heading, rows


def table_text(result: Result) -> str:
    """The table in columns for a screen."""
    heading, rows = table_rows(result)
    widths = [max(len(line[k]) for line in [heading, *rows]) for k in range(len(heading))]

    def line(cells: list[str]) -> str:
        return "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()

    return "\n".join(map(line, [heading, *rows]))


def table_markdown(result: Result) -> str:
    """The table in Markdown."""
    return markdown(*table_rows(result), texts=2)


def markdown(
    heading: Sequence[str],
    rows: Iterable[Sequence[str]],
    texts: int = 1,
    aligned: bool = False,
) -> str:
    """Any table in Markdown.

    Args:
        heading: a title a column.
        rows: their cells.
        texts: so many columns, the first ones, hold text; the others are numbers, to the right.
        aligned: for a screen too, cells of a column equally wide.
    """
    lines = [heading, *rows]
    widths = [max(len(line[k]) for line in lines) if aligned else 0 for k in range(len(heading))]
    first, *others = (
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
    ends = ["-|"] * texts + [":|"] * (len(heading) - texts)
    ruler = "".join("-" * max(w + 1, 2) + end for w, end in zip(widths, ends, strict=True))
    return "\n".join([first, f"|{ruler}", *others])


def write_json(result: Result, path: Path) -> None:
    """Writes the whole result."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")


def write_csv(result: Result, path: Path) -> None:
    """Writes one line a family and method: every score, its interval, the number of failures."""
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer: Any = None
        for family, methods in result.items():
            for method, summary in methods.items():
                flat: dict[str, Any] = {"family": family, "method": method}
                for key, value in summary.items():
                    if not isinstance(value, dict | list):
                        flat[key] = value
                    if key in summary["intervals"]:
                        flat[f"{key}_low"], flat[f"{key}_high"] = summary["intervals"][key]
                flat["failed"] = len(summary["errors"])
                if writer is None:
                    writer = csv.DictWriter(file, list(flat))
                    writer.writeheader()
                writer.writerow(flat)


def _score(summary: dict[str, Any], key: str, decimals: int) -> str:
    """A score's cell; where no unit is active only false units can be counted."""
    if summary["units_true"]:
        return _with_interval(summary, key, decimals)
    if key != "f1":
        return "-"
    return _with_interval(summary, "false_units_per_recording", decimals) + " false units"


def _with_interval(summary: dict[str, Any], key: str, decimals: int) -> str:
    counted = ("precision", "recall", "f1", "false_units_per_recording")
    if key not in counted and not summary["units_matched"]:
        return "-"
    text = _number(summary.get(key), decimals)
    if text != "-" and key in summary["intervals"]:
        low, high = summary["intervals"][key]
        text += f" ({low:.{decimals}f}-{high:.{decimals}f})"
    return text


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"
