"""BIDS: a table of events in which every firing is a row, and a JSON file that says what it is."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kmu.files import replacing
from kmu.motor_units import MotorUnits

EVENT = "motor-unit-spike"


def write_bids(units: MotorUnits, path: Path, measures: Mapping[str, NDArray[Any]]) -> None:
    """Writes ``NAME_events.tsv``, a row a firing by time, and ``NAME_events.json`` beside it.

    Columns: ``onset`` (s from the first frame), ``duration`` (0: a firing has none), ``sample``
    (the nearest frame, from 0), ``unit_id`` (as in the figure) and ``event_type``.
    Units without a firing are named in the JSON file alone, which has the score and ``measures``
    of each unit too.
    """
    rows = sorted(
        (float(time), int(unit))
        for unit, times in zip(units.ids, units.firings, strict=True)
        for time in times
    )
    about = {
        "onset": {"Description": "time of the firing from the first frame", "Units": "s"},
        "duration": {"Description": "0: a firing has no duration", "Units": "s"},
        "sample": {"Description": f"nearest frame, from 0, at {units.frame_rate:g} Hz"},
        "unit_id": {
            "Description": "motor unit found in ultrafast ultrasound by kmu",
            "Levels": {str(units.ids[k]): _told(units, measures, k) for k in range(len(units))},
        },
        "event_type": {"Levels": {EVENT: "a motor unit fires"}},
        "Provenance": dict(units.provenance),
    }
    # Both are written before either takes its place: they belong together.
    with replacing(path) as table, replacing(path.with_suffix(".json")) as sidecar:
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(["onset", "duration", "sample", "unit_id", "event_type"])
            for time, unit in rows:
                writer.writerow([repr(time), 0, round(time * units.frame_rate), unit, EVENT])
        sidecar.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _told(units: MotorUnits, measures: Mapping[str, NDArray[Any]], k: int) -> str:
    """What is known of a unit, in one line."""
    columns = {"score": units.score, **measures}
    return ", ".join(f"{name} {float(values[k]):.6g}" for name, values in columns.items())
