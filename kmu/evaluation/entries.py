"""Scores of one recording as a line of JSON, and back."""

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kmu.evaluation.firing_scores import TOLERANCES
from kmu.evaluation.scores import RecordingScores
from kmu.files import replacing

Entry = dict[str, Any]
Key = tuple[str, int, str]
Maker = dict[str, str]


def entry_from_scores(scores: RecordingScores) -> Entry:
    """Scores as plain JSON types; what is not finite becomes None."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray | tuple):
            return [plain(item) for item in value]
        if isinstance(value, float | np.floating):
            return round(float(value), 6) if math.isfinite(value) else None
        return bool(value) if isinstance(value, np.bool_) else value

    return {
        item.name: plain(getattr(scores, item.name)) for item in dataclasses.fields(RecordingScores)
    }


def is_complete(entry: Entry) -> bool:
    """Whether an entry has all scores: one that another version wrote may lack some."""
    return {item.name for item in dataclasses.fields(RecordingScores)} <= entry["scores"].keys()


def scores_from_entry(entry: Entry) -> RecordingScores:
    """The reverse of :func:`entry_from_scores`; ``entry`` holds them as ``scores``."""
    values: dict[str, Any] = {}
    for item in dataclasses.fields(RecordingScores):
        value = entry["scores"][item.name]
        if item.name == "detected":
            values[item.name] = np.array(value, bool)
        elif item.name == "matched_at":
            values[item.name] = tuple(value)
        elif item.name == "rate_of_agreement":
            values[item.name] = np.array(value, np.float64).reshape(-1, len(TOLERANCES))
        elif isinstance(value, list):
            missing = np.inf if item.name == "nearest_centre" else np.nan
            values[item.name] = np.array([missing if v is None else v for v in value], np.float64)
        else:
            values[item.name] = float("nan") if value is None else value
    return RecordingScores(**values)


def key_of(entry: Entry) -> Key:
    """Family, index of the recording and method."""
    return entry["family"], entry["index"], entry["method"]


def read_entries(path: Path, makers: Mapping[str, Maker]) -> dict[Key, Entry]:
    """The entries of an earlier run, to go on from.

    A last line cut off by a kill is dropped; so, to be run again, is what an earlier version wrote
    with fewer scores, and what another kmu, model or settings made.

    Args:
        path: of the lines; there may be none.
        makers: what makes the entries of each method now, as they name it in ``made_by``.
    """
    if not path.is_file():
        return {}
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        with replacing(path) as temporary:
            temporary.write_text(whole)
    entries = [json.loads(line) for line in whole.splitlines()]
    return {
        key_of(entry): entry
        for entry in entries
        if is_complete(entry) and entry.get("made_by") == makers.get(entry["method"])
    }
