"""Many recordings: an Apache Beam pipeline from files to results, with the model loaded once.

Every file is one element: read, identified, written. What goes wrong with a file becomes a row of
the table of failures and stops nothing else. A result is written atomically beside a small record
of what made it, so an interrupted run that is started again does only what is missing. Beam
brings the rest: threads or processes on one machine, or a cluster, by the choice of runner.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions
from apache_beam.utils.shared import Shared

from kmu.batch.tasks import (
    Row,
    Task,
    failure,
    failure_path,
    finished,
    write_failure,
    write_record,
    write_table,
)
from kmu.errors import InputError
from kmu.progress import Progress, say

RESULTS, FAILURES = "results.csv", "failures.csv"


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
        tasks: from :func:`kmu.batch.plan`.
        out: folder for results and tables.
        model: as :func:`kmu.identification.served_model.load_model` takes it.
        workers: processes of Beam's own runner; each loads the model once.
        beam_options: further options of Beam, such as ``--runner=FlinkRunner``.

    Returns:
        The rows of ``results.csv`` and of ``failures.csv``, which are written to ``out``.

    Raises:
        InputError: if there is no model.
    """
    from kmu.identification.finding import find_model
    from kmu.identification.model_hash import model_hash

    folder = find_model(model).resolve()
    stamp = model_hash(folder)
    missing = [task for task in tasks if finished(task, stamp) is None]
    done = len(tasks) - len(missing)
    say(f"{len(tasks)} files, {done} finished before, {len(missing)} to do")
    failed_folder = out / ".failures"
    for task in missing:
        failure_path(failed_folder, task).unlink(missing_ok=True)
        task.record.unlink(missing_ok=True)
    if missing:
        paths = [(task.record, failure_path(failed_folder, task)) for task in missing]
        with _watching(paths, len(tasks), done):
            _run_pipeline(missing, str(folder), stamp, failed_folder, workers, beam_options)
    rows = [finished(task, stamp) or failure(failed_folder, task) for task in tasks]
    results = [row for row in rows if row.result]
    failures = [row for row in rows if not row.result]
    write_table(out / RESULTS, results, ("source", "result", "units", "seconds"))
    write_table(out / FAILURES, failures, ("source", "reason"))
    return results, failures


class _Identify(beam.DoFn):
    """Reads, identifies and writes one file; the model is shared by a process's threads."""

    def __init__(self, model: str, stamp: str, failed: str) -> None:
        self._folder, self._stamp, self._failed = model, stamp, failed
        self._shared = Shared()
        self._model: Any = None

    def setup(self) -> None:
        from kmu.identification.served_model import load_model

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
            write_failure(Path(self._failed), task, row)
        else:
            row = Row(task.source, task.result, units, round(time.perf_counter() - start, 3))
            write_record(task, row, self._stamp)
        yield row


def _identify_file(task: Task, model: Any) -> int:
    from kmu.report.one_file import identify_file

    outputs = task.written.of(Path(task.result))
    analysis = identify_file(
        Path(task.source), outputs, model, task.options, task.reading, tell=lambda _: None
    )
    return len(analysis.units)


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
