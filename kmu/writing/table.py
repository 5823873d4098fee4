"""CSV: one table of units, one of firings."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits


def write_tables(units: MotorUnits, path: Path, measures: Mapping[str, NDArray[Any]]) -> None:
    """Writes ``NAME.csv``, a row a unit, and ``NAME.firings.csv``, a row a firing.

    Units have their ids, as in the figure; times are in seconds. Numbers have as many digits
    as it takes to read them back exactly. How the units were made stands in
    ``NAME.provenance.json``.
    """
    names = [name for name in measures if name != "score"]
    rows = [
        [int(units.ids[k]), float(units.score[k]), *(float(measures[name][k]) for name in names)]
        for k in range(len(units))
    ]
    firings = [
        [int(unit), float(time)]
        for unit, times in zip(units.ids, units.firings, strict=True)
        for time in times
    ]
    # Both are written before either takes its place: they belong together.
    with replacing(path) as table, replacing(path.with_suffix(".firings.csv")) as list_:
        _write(table, ["unit", "score", *names], rows)
        _write(list_, ["unit", "time_s"], firings)
    with replacing(path.with_suffix(".provenance.json")) as how:
        how.write_text(json.dumps(units.provenance, indent=2) + "\n", encoding="utf-8")


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def read_table(path: str | Path) -> dict[str, list[float]]:
    """Reads either table back: columns by name.

    Raises:
        InputError: if the file is missing or not such a table.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        return {name: [float(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} is not a table of numbers with a header") from error
