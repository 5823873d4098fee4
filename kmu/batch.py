"""Many recordings: an Apache Beam pipeline from files to results, with the model loaded once.

Every file is one element: read, identified, written. What goes wrong with a file becomes a row of
the table of failures and stops nothing else. A result is written atomically beside a small record
of what made it, so an interrupted run that is started again does only what is missing. Beam
brings the rest: threads or processes on one machine, or a cluster, by the choice of runner.
"""

import csv
import dataclasses
import glob
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions
from apache_beam.utils.shared import Shared

from kmu.errors import InputError
from kmu.files import replacing
from kmu.progress import Progress, say

RESULTS, FAILURES = "results.csv", "failures.csv"


@dataclasses.dataclass(frozen=True)
class Task:
    """One file and where its result goes.

    Attributes:
        source: path of the recording.
        result: path of the motor units, HDF5.
        reading: keyword arguments of :func:`kmu.read.open_recording`.
        block_seconds: longer recordings are identified in blocks of this length.
    """

    source: str
    result: str
    reading: dict[str, Any]
    block_seconds: float = 5.0

    @property
    def record(self) -> Path:
        """Path of the record of how the result came to be."""
        return Path(self.result).with_suffix(".json")


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

    Raises:
        InputError: if a pattern names nothing.
    """
    found: set[Path] = set()
    for pattern in patterns:
        names = [Path(name) for name in glob.glob(pattern, recursive=True)]
        if not names:
            raise InputError(f"{pattern} names no file")
        found.update(name.resolve() for name in names if name.is_file())
    if not found:
        raise InputError("only folders are named; give files, or a glob such as 'folder/*.mat'")
    return sorted(found)


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


def run_batch(
    tasks: Sequence[Task],
    out: Path,
    model: str | None = None,
    *,
    workers: int = 1,
    beam_options: Sequence[str] = (),
) -> tuple[list[Row], list[Row]]:
    """Identifies all files whose result is missing or out of date.

    Args:
        tasks: from :func:`plan`.
        out: folder for results and tables.
        model: as :func:`kmu.served_model.load_model` takes it.
        workers: processes of Beam's own runner; each loads the model once.
        beam_options: further options of Beam, such as ``--runner=FlinkRunner``.

    Returns:
        The rows of ``results.csv`` and of ``failures.csv``, which are written to ``out``.

    Raises:
        InputError: if there is no model.
    """
    from kmu.served_model import find_model

    folder = find_model(model).resolve()
    stamp = _stamp(folder)
    missing = [task for task in tasks if _finished(task, stamp) is None]
    done = len(tasks) - len(missing)
    say(f"{len(tasks)} files, {done} finished before, {len(missing)} to do")
    failed_folder = out / ".failures"
    for task in missing:
        _failure_path(failed_folder, task).unlink(missing_ok=True)
        task.record.unlink(missing_ok=True)
    if missing:
        paths = [(task.record, _failure_path(failed_folder, task)) for task in missing]
        with _watching(paths, len(tasks), done):
            _run_pipeline(missing, str(folder), stamp, failed_folder, workers, beam_options)
    results, failures = [], []
    for task in tasks:
        row = _finished(task, stamp)
        if row is not None:
            results.append(row)
            continue
        try:
            text = _failure_path(failed_folder, task).read_text()
            failures.append(Row(**json.loads(text)))
        except FileNotFoundError:
            failures.append(Row(task.source, reason="the worker ended before it was done"))
    _write_table(out / RESULTS, results, ("source", "result", "units", "seconds"))
    _write_table(out / FAILURES, failures, ("source", "reason"))
    return results, failures


class _Identify(beam.DoFn):
    """Reads, identifies and writes one file; the model is shared by a process's threads."""

    def __init__(self, model: str, stamp: str, failed: str) -> None:
        self._folder, self._stamp, self._failed = model, stamp, failed
        self._shared = Shared()
        self._model: Any = None

    def setup(self) -> None:
        from kmu.served_model import load_model

        # Beam makes an instance a thread; the model is held once for all of them.
        self._model = self._shared.acquire(lambda: load_model(self._folder), tag=self._stamp)

    def process(self, task: Task) -> Iterator[Row]:
        start = time.perf_counter()
        try:
            units = _identify_file(task, self._model)
        except Exception as error:  # one bad file never stops the rest
            reason = str(error) if isinstance(error, InputError) else f"{type(error).__name__}"
            if not isinstance(error, InputError) and str(error):
                reason += f": {str(error).splitlines()[0]}"
            row = Row(task.source, reason=reason)
            _write_json(_failure_path(Path(self._failed), task), dataclasses.asdict(row))
        else:
            row = Row(task.source, task.result, units, round(time.perf_counter() - start, 3))
            # After the result: where the record is, the result is whole.
            made_by = {"model": self._stamp, "input": _input_of(task)}
            _write_json(task.record, {**dataclasses.asdict(row), "made_by": made_by})
        yield row


def _identify_file(task: Task, model: Any) -> int:
    from kmu.identify import identify
    from kmu.read import open_recording

    source = open_recording(task.source, **task.reading)
    units = identify(source, model, block_seconds=task.block_seconds)
    units.save(task.result)
    return len(units)


@contextmanager
def _watching(paths: Sequence[tuple[Path, Path]], total: int, done: int) -> Iterator[None]:
    """Shows progress by the records that appear: workers may be other processes."""
    ended = threading.Event()

    def watch(progress: Progress) -> None:
        while not ended.wait(1.0):
            seen = sum(any(path.exists() for path in pair) for pair in paths)
            progress.advance(done + seen - progress.done)

    with Progress("identifying", total, "files", done=done) as progress:
        watcher = threading.Thread(target=watch, args=(progress,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _run_pipeline(
    tasks: Sequence[Task],
    model: str,
    stamp: str,
    failed: Path,
    workers: int,
    beam_options: Sequence[str],
) -> None:
    failed.mkdir(parents=True, exist_ok=True)
    options = list(beam_options)
    if not any(option.startswith("--runner") for option in options):
        # Processes, because TensorFlow's threads and Python's lock do not share one well.
        mode = "multi_processing" if workers > 1 else "in_memory"
        options += [
            "--runner=DirectRunner",
            f"--direct_num_workers={workers}",
            f"--direct_running_mode={mode}",
        ]
    pipeline_options = PipelineOptions(options)
    pipeline_options.view_as(SetupOptions).save_main_session = False
    with beam.Pipeline(options=pipeline_options) as pipeline:
        _ = (
            pipeline
            | "files" >> beam.Create(list(tasks))
            # Without it Beam would fuse all files into one bundle for one worker.
            | "spread" >> beam.Reshuffle()
            | "identify" >> beam.ParDo(_Identify(model, stamp, str(failed)))
        )


def _stamp(folder: Path) -> str:
    """What tells one model from another: a hash of its graph, weights and thresholds."""
    digest = hashlib.sha256()
    for name in ("saved_model.pb", "variables/variables.index", "config.json"):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    for shard in sorted(folder.glob("variables/*.data-*")):
        digest.update(shard.read_bytes())
    return digest.hexdigest()[:16]


def _input_of(task: Task) -> dict[str, Any]:
    status = os.stat(task.source)
    return {
        "bytes": status.st_size,
        "modified": status.st_mtime_ns,
        "reading": json.loads(json.dumps(task.reading)),
        "block_seconds": task.block_seconds,
    }


def _finished(task: Task, stamp: str) -> Row | None:
    """The row of a result that is there and was made from this file by this model."""
    try:
        record = json.loads(task.record.read_text())
        made_by = record.pop("made_by")
        current = {"model": stamp, "input": _input_of(task)}
        return Row(**record) if made_by == current and Path(task.result).is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _failure_path(folder: Path, task: Task) -> Path:
    return folder / f"{Path(task.result).stem}.json"


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")


def _write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)
