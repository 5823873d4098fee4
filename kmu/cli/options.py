"""Arguments that several verbs share, each declared once.

What a file does not say of itself is in ``kmu.cli.reading``.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.config.analysis import AnalysisOptions

# Letters for values in help texts, where the unit does not say it.
_LETTERS = {
    "score_threshold": "S",
    "firing_threshold": "P",
    "min_quality": "Q",
    "motion_order": "N",
    "firings": "FILE",
}
_UNITS = {"s": "SECONDS", "Hz": "HZ"}
EXPORTS = ("matlab", "csv", "openhdemg", "nwb", "bids")


def add_analysis_options(
    parser: argparse.ArgumentParser, only: Sequence[str] | None = None
) -> None:
    """Adds an option for each field of ``AnalysisOptions``, or for some of them."""
    for item in dataclasses.fields(AnalysisOptions):
        if only is not None and item.name not in only:
            continue
        rule = item.metadata
        given: dict[str, Any] = {"help": rule["help"], "default": None}
        if rule["choices"]:
            given["choices"] = rule["choices"]
        elif item.name == "band":
            given |= {"type": float, "nargs": 2, "metavar": ("LOW", "HIGH")}
        else:
            letter = _LETTERS.get(item.name) or _UNITS[rule["unit"]]
            given |= {"type": type(item.default), "metavar": letter}
            if item.default is None:
                given["type"] = float
        parser.add_argument(f"--{item.name.replace('_', '-')}", **given)


def analysis_options(arguments: argparse.Namespace) -> AnalysisOptions:
    """What :func:`add_analysis_options` was told; the rest has its defaults.

    Raises:
        InputError: if a value is outside its range.
    """
    names = [item.name for item in dataclasses.fields(AnalysisOptions)]
    given = {name: getattr(arguments, name) for name in names}
    if given["band"] is not None:
        given["band"] = tuple(given["band"])
    return AnalysisOptions(**{name: value for name, value in given.items() if value is not None})


def add_model_option(
    parser: argparse.ArgumentParser, default: str = "the one that came with kmu"
) -> None:
    """Adds ``--model``."""
    parser.add_argument("--model", help=f"folder or name of a SavedModel; by default {default}")


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """Adds what says which files are written of a result beside its HDF5."""
    parser.add_argument(
        "--figure",
        metavar="PNG",
        help="the figure, PNG, PDF or SVG; .pdf alone: named after the result; none: no figure "
        "(default .png)",
    )
    parser.add_argument(
        "--report",
        metavar="HTML",
        help="the report page; none: no page (default: named after the result)",
    )
    parser.add_argument(
        "--export",
        nargs="+",
        default=[],
        choices=EXPORTS,
        help="also write the result in these formats, beside its HDF5 file",
    )


def add_result(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Adds the argument RESULT.h5."""
    parser.add_argument(
        "result",
        type=Path,
        nargs=nargs,
        metavar="RESULT.h5",
        help="of kmu identify, batch or curate",
    )
