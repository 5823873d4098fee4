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

from kmu.config.analysis import AnalysisOptions
from kmu.errors import InputError
from kmu.files import replacing
from kmu.reading.firings import with_own_firings
from kmu.reading.several import recordings_below
from kmu.report.names import Written, below


@dataclasses.dataclass(frozen=True)
class Task:
    """One file and where its result goes.

    Attributes:
        source: path of the recording.
        result: path of the motor units, HDF5.
        reading: keyword arguments of :func:`kmu.reading.open_recording`.
        options: what is asked for.
        written: which files are written of the result.
    """

    source: str
    result: str
    reading: dict[str, Any]
    options: AnalysisOptions = dataclasses.field(default_factory=AnalysisOptions)
    written: Written = dataclasses.field(default_factory=Written)

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


def find_files(
    names: Iterable[str], variable: str | None = None, axes: str | None = None
) -> tuple[list[Path], Path]:
    """The recordings that files, folders and globs name, sorted, each once.

    A folder stands for all recordings in it and in the folders in it; ``**`` in a glob goes into
    folders and gives files alone. What is there under exactly that name is meant, brackets and
    all, and so is a folder with brackets at the start of a glob.

    Args:
        names: files, folders, globs.
        variable: as for ``kmu.reading.several.recordings_of``.
        axes: as there.

    Returns:
        The recordings, and the folder that all names have in common, which stays the same when
        files are added: what lies in folders below it is told apart by them.

    Raises:
        InputError: if a name stands for nothing.
    """
    found: set[Path] = set()
    bases = []
    for name in names:
        pattern = _literal(name)
        seen = [Path(path).resolve() for path in glob.glob(pattern, recursive=True)]
        if not seen:
            raise InputError(f"{name} names no file")
        files = [path for path in seen if path.is_file()]
        if "**" not in name:
            for folder in (path for path in seen if path.is_dir()):
                files += recordings_below(folder, variable, axes)
        if not files:
            raise InputError(f"{name} holds no recordings")
        found.update(files)
        # A folder that is itself a recording lies in another, and so does what a link leads to.
        bases += [_base(name), *(path.parent for path in files)]
    return sorted(found), Path(os.path.commonpath(bases))


def _base(name: str) -> Path:
    """The folder that a file lies in, a folder itself, or the folder that a glob starts from."""
    there = Path()
    for part in Path(name).parts:
        if not (there / part).is_dir():
            break
        there /= part
    return there.resolve()


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
    files: Sequence[Path],
    base: Path,
    out: Path | None,
    reading: dict[str, Any],
    options: AnalysisOptions | None = None,
    written: Written | None = None,
) -> list[Task]:
    """A task for each file.

    Args:
        files: of :func:`find_files`.
        base: of :func:`find_files`.
        out: folder of the results; None: beside the recordings.
        reading: keyword arguments of :func:`kmu.reading.open_recording`.
        options: what is asked for; firings are those of each recording.
        written: what is written of each result.
    """
    chosen = options or AnalysisOptions()
    return [
        Task(
            str(file),
            str(result),
            reading,
            with_own_firings(chosen, file, several=True),
            written or Written(),
        )
        for file, result in zip(files, below(files, base, out), strict=True)
    ]


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
    return folder / f"{hashlib.sha256(task.result.encode()).hexdigest()[:16]}.json"


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
    source = Path(task.source)
    parts = sorted(source.rglob("*")) if source.is_dir() else [source]
    states = [part.stat() for part in parts if part.is_file()]
    return {
        "bytes": sum(state.st_size for state in states),
        "modified": max((state.st_mtime_ns for state in states), default=0),
        "reading": json.loads(json.dumps(task.reading)),
        "options": task.options.to_dict(),
        "written": json.loads(json.dumps(dataclasses.asdict(task.written))),
    }


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")
