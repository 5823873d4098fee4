"""The exported model in other runtimes: ONNX and LiteRT, checked against the SavedModel.

``python -m kmu.runtimes saved_models/kmu --out exports`` converts what can be converted, runs
each on the same recording, and prints a table of sizes, times and differences. ONNX needs the
extra ``onnx``; LiteRT comes with TensorFlow.
"""

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.served_model import INPUTS, OUTPUTS, SIGNATURE, find_model, load_model

Arrays = dict[str, NDArray[Any]]
# The newest set of operators that tf2onnx writes.
_OPSET = 18


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How a model does in one runtime.

    Attributes:
        runtime: its name.
        megabytes: size of the model's files.
        milliseconds: median time of one recording.
        difference: largest absolute difference of any output from the SavedModel's.
        problem: why it cannot be used, in one sentence; empty if it can.
    """

    runtime: str
    megabytes: float = float("nan")
    milliseconds: float = float("nan")
    difference: float = float("nan")
    problem: str = ""


def to_onnx(folder: Path, path: Path) -> Path:
    """Converts the SavedModel in a version folder to ONNX, with dynamic B, T, Z, X.

    Raises:
        InputError: if the extra ``onnx`` is missing.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise InputError(f"ONNX needs {error.name}; run: pip install 'kmu[onnx]'") from error
    import tensorflow as tf

    # The signature alone does not keep the variables alive; the name does, to the end.
    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures[SIGNATURE]
    specs = signature.structured_input_signature[1]

    def call(velocity: Any, frame_rate: Any, spacing: Any) -> Any:
        return signature(velocity=velocity, frame_rate=frame_rate, spacing=spacing)

    ordered = [specs[name] for name in INPUTS]
    model, _ = tf2onnx.convert.from_function(
        tf.function(call, input_signature=ordered), input_signature=ordered, opset=_OPSET
    )
    with replacing(path) as temporary:
        onnx.save(model, str(temporary))
    return path


def to_litert(folder: Path, path: Path) -> Path:
    """Converts the SavedModel in a version folder to LiteRT, with TensorFlow's ops where needed."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=[SIGNATURE])
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    with replacing(path) as temporary:
        temporary.write_bytes(converter.convert())
    return path


def onnx_runner(path: Path) -> Callable[[Arrays], Arrays]:
    """A function that runs an ONNX file with ONNX Runtime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_outputs()]
    given = [item.name for item in session.get_inputs()]

    def run(inputs: Arrays) -> Arrays:
        # tf2onnx may add ":0" to names.
        feed = {name: inputs[name.split(":")[0]] for name in given}
        return dict(zip(names, session.run(names, feed), strict=True))

    return run


def litert_runner(path: Path) -> Callable[[Arrays], Arrays]:
    """A function that runs a LiteRT file on the CPU."""
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path), num_threads=os.cpu_count())
    runner = interpreter.get_signature_runner(SIGNATURE)
    return lambda inputs: dict(runner(**inputs))


def compare(folder: Path, out: Path, inputs: Arrays, repeats: int = 5) -> list[Comparison]:
    """Converts a model, runs it everywhere on the same input, and compares.

    Args:
        folder: the version folder.
        out: where ``model.onnx`` and ``model.tflite`` go.
        inputs: ``velocity`` (B, T, Z, X), ``frame_rate`` (B,), ``spacing`` (B, 2), float32.
        repeats: runs that are timed, after one that is not.

    Returns:
        The SavedModel first, then each runtime; one that fails says why.
    """
    import tensorflow as tf

    model = load_model(folder)

    def tensorflow(values: Arrays) -> Arrays:
        answer = model.call(**{name: tf.constant(value) for name, value in values.items()})
        return {name: answer[name].numpy() for name in OUTPUTS}

    expected, milliseconds = _timed(tensorflow, inputs, repeats)
    found = [Comparison("SavedModel (TensorFlow)", _megabytes(folder), milliseconds, 0.0)]
    for runtime, name, convert, runner in (
        ("ONNX (ONNX Runtime)", "model.onnx", to_onnx, onnx_runner),
        ("LiteRT", "model.tflite", to_litert, litert_runner),
    ):
        path = out / name
        try:
            convert(folder, path)
            answer, milliseconds = _timed(runner(path), inputs, repeats)
            difference = _difference(answer, expected)
        except Exception as error:  # converters raise anything
            size = _megabytes(path) if path.exists() else float("nan")
            found.append(Comparison(runtime, size, problem=_reason(error)))
            continue
        found.append(Comparison(runtime, _megabytes(path), milliseconds, difference))
    return found


def comparison_table(found: Sequence[Comparison]) -> str:
    """The comparisons as a Markdown table."""
    lines = ["| runtime | MB | ms a recording | largest difference |", "|---|---|---|---|"]
    for item in found:
        values = f"{item.megabytes:.1f} | {item.milliseconds:.0f} | {item.difference:.1e}"
        if item.problem:
            values = f"{item.megabytes:.1f} | - | {item.problem}"
        lines.append(f"| {item.runtime} | {values} |")
    return "\n".join(lines)


def _reason(error: Exception) -> str:
    """The one line that says what went wrong, among the traces of a graph."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower()] or lines
    return telling[0][:300] if telling else type(error).__name__


def _timed(run: Callable[[Arrays], Arrays], inputs: Arrays, repeats: int) -> tuple[Arrays, float]:
    answer = run(inputs)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(inputs)
        seconds.append(time.perf_counter() - start)
    return answer, 1e3 * statistics.median(seconds)


def _difference(answer: Mapping[str, NDArray[Any]], expected: Arrays) -> float:
    """Largest absolute difference; outputs are told by name, or by order where names were lost."""
    if not set(expected) <= set(answer):
        # tf2onnx numbers outputs in the order of their sorted names.
        answer = dict(zip(sorted(expected), answer.values(), strict=True))
    return max(
        float(np.max(np.abs(answer[name].astype(np.float64) - value), initial=0.0))
        for name, value in expected.items()
    )


def _megabytes(path: Path) -> float:
    """Size of a file, or of what a SavedModel needs of its folder."""
    if path.is_file():
        return path.stat().st_size / 1e6
    files = [path / "saved_model.pb", *(path / "variables").rglob("*")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Converts, compares and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m kmu.runtimes", description=__doc__)
    parser.add_argument("model", help="folder or name of the model")
    parser.add_argument("--out", type=Path, help="keep the converted files here")
    parser.add_argument("--shape", type=int, nargs=4, default=[1, 200, 64, 64], metavar="N")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args(argv)
    rng = np.random.default_rng(0)
    batch = arguments.shape[0]
    inputs: Arrays = {
        "velocity": rng.standard_normal(arguments.shape, np.float32),
        "frame_rate": np.full(batch, 100, np.float32),
        "spacing": np.full((batch, 2), 0.625, np.float32),
    }
    try:
        folder = find_model(arguments.model)
    except InputError as error:
        print(f"kmu: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        found = compare(folder, arguments.out or Path(scratch), inputs)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
    else:
        print(comparison_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
