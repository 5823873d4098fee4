"""What is to be done with many files, and the records of what was done.

A result is written beside a small record of what made it, by which a later run knows that nothing
is missing there.
"""

import csv
import dataclasses
import glob
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kmu.errors import InputError
from kmu.files import replacing


@dataclasses.dataclass(frozen=True)
class Task:
    """One file and where its result goes.

    Attributes:
        source: path of the recording.
        result: path of the motor units, HDF5.
        reading: keyword arguments of :func:`kmu.reading.open_recording`.
        block_seconds: longer recordings are identified in blocks of this length.
    """

    source: str
    result: str
    reading: dict[str, Any]
    block_seconds: float = 5.0

    @property
    def record(self) -> Path:
        """Path of the record of how the result came to be."""
        return Path(self.result).with_suffix(".record.json")


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one file; a row of ``results.csv`` or, with a reason, of ``failures.csv``."""

    source: str
    result: str = ""
    units: int = 0
    seconds: float = 0.0
    reason: str = ""


def find_files(patterns: Iterable[str]) -> list[Path]:
    """The files that paths and globs name (``**`` goes into folders), sorted, each once.

    What is there under exactly that name is meant, brackets and all, and so is a folder with
    brackets at the start of a glob.

    Raises:
        InputError: if a pattern names nothing.
    """
    found: set[Path] = set()
    for pattern in patterns:
        names = [Path(name) for name in glob.glob(_literal(pattern), recursive=True)]
        if not names:
            raise InputError(f"{pattern} names no file")
        found.update(name.resolve() for name in names if name.is_file())
    if not found:
        raise InputError("only folders are named; give files, or a glob such as 'folder/*.mat'")
    return sorted(found)


def _literal(pattern: str) -> str:
    """A pattern whose beginning is taken literally, as far as it is there under that name."""
    parts = Path(pattern).parts
    there = Path()
    for count, part in enumerate(parts):
        if not os.path.lexists(there / part):
            return os.path.join(glob.escape(str(there)), *parts[count:])
        there /= part
    return glob.escape(str(there))


def plan(
    files: Sequence[Path], out: Path, reading: dict[str, Any], block_seconds: float = 5.0
) -> list[Task]:
    """A task for each file; results are named after the files, made distinct where names clash."""
    names = [file.stem for file in files]
    tasks = []
    for file, name in zip(files, names, strict=True):
        if names.count(name) > 1:
            # From the path alone, so that it stays the same when files are added later.
            name = f"{name}-{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
        tasks.append(Task(str(file), str(out / f"{name}.units.h5"), reading, block_seconds))
    return tasks


def finished(task: Task, stamp: str) -> Row | None:
    """The row of a result that is there and was made from this file by the model of that stamp."""
    try:
        record = json.loads(task.record.read_text())
        made_by = record.pop("made_by")
        current = {"model": stamp, "input": _input_of(task)}
        return Row(**record) if made_by == current and Path(task.result).is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(task: Task, row: Row, stamp: str) -> None:
    """Says how a result came to be; to be called after it, as it is whole where the record is."""
    made_by = {"model": stamp, "input": _input_of(task)}
    _write_json(task.record, {**dataclasses.asdict(row), "made_by": made_by})


def failure_path(folder: Path, task: Task) -> Path:
    """Where :func:`write_failure` says why a file failed."""
    return folder / f"{Path(task.result).stem}.json"


def write_failure(folder: Path, task: Task, row: Row) -> None:
    """Keeps the row of a file that failed, as the process that met it may be another."""
    _write_json(failure_path(folder, task), dataclasses.asdict(row))


def failure(folder: Path, task: Task) -> Row:
    """The row of a file that failed."""
    try:
        return Row(**json.loads(failure_path(folder, task).read_text()))
    except FileNotFoundError:
        return Row(task.source, reason="the worker ended before it was done")


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Writes columns of rows as CSV."""
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)


def _input_of(task: Task) -> dict[str, Any]:
    status = os.stat(task.source)
    return {
        "bytes": status.st_size,
        "modified": status.st_mtime_ns,
        "reading": json.loads(json.dumps(task.reading)),
        "block_seconds": task.block_seconds,
    }


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")
