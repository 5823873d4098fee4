"""All methods on the same recordings: resumable, in parallel, one table."""

import contextlib
import json
import math
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kmu.config.benchmark import BenchmarkConfig
from kmu.errors import InputError
from kmu.evaluation.entries import (
    Entry,
    Maker,
    entry_from_scores,
    key_of,
    read_entries,
    scores_from_entry,
)
from kmu.evaluation.families import Family
from kmu.evaluation.intervals import bootstrap_intervals, breakdowns, synchronization
from kmu.evaluation.memory import PeakMemory
from kmu.evaluation.methods import KMU, NETWORKS, Method, maker, method
from kmu.evaluation.scores import RecordingScores, failed_recording, score_recording, summarise
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.progress import Progress, say
from kmu.recording import Recording

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Those that are loaded, by name and what they are made of.
_methods: dict[tuple[str, str], Method] = {}


def run_benchmark(
    config: BenchmarkConfig, families: Iterable[Family], folder: Path
) -> dict[str, dict[str, Any]]:
    """Runs what is not done yet, and summarises everything that was asked for.

    Every finished recording is a line a method in ``folder/scores.jsonl``; a run that was stopped
    goes on where it stood, and one with more methods or recordings adds what is missing. What
    another version of kmu, another model of the same name or other settings made is run again.

    Args:
        config: methods, model, intervals, processes.
        families: the recordings.
        folder: of this benchmark; made if missing.

    Returns:
        {family: {method: summary}}, see :func:`summary_of`.

    Raises:
        InputError: if a method does not exist, or the folder belongs to other recordings or
            another model.
    """
    # A wrong name or a missing model is said before anything runs.
    makers = {name: maker(name, config.model) for name in config.methods}
    families = list(families)
    lines = folder / "scores.jsonl"
    _check_folder(config, families, folder)
    entries = read_entries(lines, makers)
    tasks = [
        (family, index, missing, config.model, makers)
        for family in families
        for index in range(family.count)
        if (missing := [m for m in config.methods if (family.name, index, m) not in entries])
    ]
    total = sum(family.count for family in families)
    with (
        lines.open("a") as file,
        Progress("benchmark", total, "recordings", done=total - len(tasks)) as progress,
    ):
        for family_name, index, done in _each(_run_recording, tasks, config.jobs):
            for entry in done:
                entries[key_of(entry)] = entry
                file.write(json.dumps(entry) + "\n")
                if "error" in entry:
                    say(f"{entry['method']} failed on {family_name} {index}: {entry['error']}")
            file.flush()
            progress.advance(note=family_name)
    result: dict[str, dict[str, Any]] = {}
    for family in families:
        result[family.name] = {
            name: summary_of(
                [entries[family.name, index, name] for index in range(family.count)],
                config.resamples,
            )
            for name in config.methods
        }
    return result


def summary_of(entries: list[Entry], resamples: int) -> dict[str, Any]:
    """One method on one family.

    Args:
        entries: as they stand in ``scores.jsonl``.
        resamples: of the bootstrap.

    Returns:
        The detailed summary of :func:`kmu.evaluation.summarise`, ``intervals`` (95 %, by key),
        ``breakdowns``, ``errors`` (recording and message). What is unknown is None.
    """
    scores = [scores_from_entry(entry) for entry in entries]
    properties = [entry["properties"] for entry in entries]
    result: dict[str, Any] = {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in summarise(scores, detailed=True).items()
    }
    result["intervals"] = {
        key: list(interval) for key, interval in bootstrap_intervals(scores, resamples).items()
    }
    result["breakdowns"] = breakdowns(scores, properties)
    result["errors"] = [
        {"recording": entry["recording"], "error": entry["error"]}
        for entry in entries
        if "error" in entry
    ]
    return result


def score_method(
    chosen: Method, recording: Recording, truth: MotorUnits
) -> tuple[RecordingScores, str]:
    """Runs one method on one recording; a failure scores zero.

    Returns:
        The scores with processor time and memory, and the error's message, empty if there was none.
    """
    error = ""
    # Processor time: what else runs on the machine, or beside it in --jobs, hardly changes it.
    started = time.process_time()
    with PeakMemory() as memory:
        try:
            found = chosen.run(recording, truth)
        except Exception as problem:
            # The benchmark goes on whatever a method does; the traceback goes into the list.
            last = traceback.extract_tb(problem.__traceback__)[-1]
            error = (
                f"{type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"
            )
    seconds = time.process_time() - started
    if not error:
        try:
            return score_recording(found, truth).with_cost(seconds, memory.mebibytes), ""
        except InputError as problem:
            error = f"the result cannot be scored: {problem}"
    return failed_recording(truth).with_cost(seconds, memory.mebibytes), error


def _run_recording(
    task: tuple[Family, int, list[str], str, dict[str, Maker]],
) -> tuple[str, int, list[Entry]]:
    """All missing methods on one recording, in a worker process."""
    family, index, names, model, makers = task
    recording, truth = family.load(index)
    snr = recording.meta.get("snr_db")
    properties = {
        "snr_db": float(snr) if isinstance(snr, int | float) else None,
        "synchronization": synchronization(truth.firings, recording.duration),
    }
    known = {
        name: round(value, 6)
        for name, value in properties.items()
        if value is not None and math.isfinite(value)
    }
    done = []
    for name in names:
        made_by = name, makers[name]["method"]
        first = made_by not in _methods
        if first:
            _methods[made_by] = method(name, model)
        if first and name in NETWORKS:
            # Tracing the graph is a cost of the process, not of a recording.
            with contextlib.suppress(Exception):
                _methods[made_by].run(recording, truth)
        scores, error = score_method(_methods[made_by], recording, truth)
        entry: Entry = {
            "family": family.name,
            "index": index,
            "recording": family.label(index),
            "method": name,
            "made_by": makers[name],
            "properties": known,
            "scores": entry_from_scores(scores),
        }
        if error:
            entry["error"] = error
        done.append(entry)
    return family.name, index, done


def _each(function: Callable[[Any], Any], tasks: list[Any], jobs: int) -> Iterator[Any]:
    """Results of a function over tasks, in the order they finish, in ``jobs`` processes."""
    if jobs <= 1 or len(tasks) <= 1:
        yield from map(function, tasks)
        return
    # A worker reads this when it starts numpy; several processes are the parallelism here.
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        with multiprocessing.get_context("spawn").Pool(min(jobs, len(tasks))) as pool:
            yield from pool.imap_unordered(function, tasks)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _check_folder(config: BenchmarkConfig, families: list[Family], folder: Path) -> None:
    """Notes what a folder's scores are of; refuses to mix them with those of something else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recordings.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    for family in families:
        if known.setdefault(family.name, family.source) != family.source:
            raise InputError(
                f"{folder} has scores of other recordings of {family.name} "
                f"({known[family.name]}, now {family.source}); choose another --out"
            )
    if KMU in config.methods and known.setdefault("model", config.model) != config.model:
        raise InputError(
            f"{folder} has scores of another model ({known['model'] or 'the default'}); "
            "choose another --out"
        )
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(known, indent=2) + "\n")
