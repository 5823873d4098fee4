"""Comparing runtimes: the same answers, what size, how fast."""

import dataclasses
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kmu.evaluation.table import markdown
from kmu.runtimes.convert import Arrays, Run, litert_runner, onnx_runner, to_litert, to_onnx
from kmu.runtimes.networks import Network

# Largest absolute difference, relative to the largest value where that is above 1, that float32
# arithmetic in another order explains.
TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How a network does in one runtime.

    Attributes:
        network: its name.
        runtime: its name.
        megabytes: size of the file; of TensorFlow, nan.
        milliseconds: median time of one run.
        difference: largest absolute difference of any output from TensorFlow's, divided by the
            largest value of that output where it is above 1.
        problem: why it cannot be used, in one sentence; empty if it can.
    """

    network: str
    runtime: str
    megabytes: float = float("nan")
    milliseconds: float = float("nan")
    difference: float = float("nan")
    problem: str = ""


def compare(network: Network, out: Path, repeats: int = 5) -> list[Comparison]:
    """Converts a network, runs it everywhere on its example, and compares.

    Args:
        network: what to convert.
        out: where ``<name>.onnx`` and ``<name>.tflite`` go.
        repeats: runs that are timed, after one that is not.

    Returns:
        TensorFlow first, then each runtime; one that fails, or whose answers are not the same,
        says why.
    """
    import tensorflow as tf

    def tensorflow(values: Arrays) -> Arrays:
        answer = network.function(*(tf.constant(value) for value in values.values()))
        return {name: answer[name].numpy() for name in network.outputs}

    expected, milliseconds = _timed(tensorflow, network.example, repeats)
    found = [Comparison(network.name, "TensorFlow", float("nan"), milliseconds, 0.0)]
    for runtime, ending, function, convert, runner in (
        ("ONNX Runtime", "onnx", network.function, to_onnx, onnx_runner),
        ("LiteRT", "tflite", network.fixed, to_litert, litert_runner),
    ):
        path = out / f"{network.name}.{ending}"
        row = Comparison(network.name, runtime)
        try:
            convert(function, path)
            row = dataclasses.replace(row, megabytes=path.stat().st_size / 1e6)
            run = runner(path, network.outputs)
            answer, milliseconds = _timed(run, network.example, repeats)
            difference = _difference(answer, expected)
            row = dataclasses.replace(row, milliseconds=milliseconds, difference=difference)
            if not difference <= TOLERANCE:
                row = dataclasses.replace(row, problem="its answers differ")
        except Exception as error:  # converters raise anything
            row = dataclasses.replace(row, problem=_reason(error))
        found.append(row)
    return found


def comparison_table(found: Sequence[Comparison]) -> str:
    """The comparisons as a Markdown table."""
    rows = [
        (
            item.network,
            item.runtime,
            _cell(item.megabytes, ".2f"),
            _cell(item.milliseconds, ".1f"),
            item.problem or _cell(item.difference, ".0e"),
        )
        for item in found
    ]
    return markdown(("network", "runtime", "MB", "ms", "largest difference"), rows, texts=2)


def _cell(value: float, form: str) -> str:
    return "-" if np.isnan(value) else format(value, form)


def _reason(error: Exception) -> str:
    """The one line that says what went wrong, among the traces of a graph."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower()] or lines
    return telling[0][:300] if telling else type(error).__name__


def _timed(run: Run, inputs: Arrays, repeats: int) -> tuple[Arrays, float]:
    answer = run(inputs)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(inputs)
        seconds.append(time.perf_counter() - start)
    return answer, 1e3 * statistics.median(seconds)


def _difference(answer: Arrays, expected: Arrays) -> float:
    worst = 0.0
    for name, value in expected.items():
        if answer[name].shape != value.shape:
            return float("inf")
        wanted = value.astype(np.float64)
        scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
        worst = max(worst, float(np.max(np.abs(answer[name] - wanted), initial=0.0)) / scale)
    return worst
