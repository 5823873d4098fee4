"""Converting functions of TensorFlow to ONNX and LiteRT, and running what comes of it."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.identification.served_model import SIGNATURE

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Arrays], Arrays]
# The newest set of operators that tf2onnx writes.
_OPSET = 18


def to_onnx(function: Any, path: Path) -> Path:
    """Converts a function to ONNX.

    Args:
        function: a ``tf.function`` with an input signature that gives a dictionary of tensors.
        path: of the file.

    Raises:
        InputError: if the extra ``onnx`` is missing.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise InputError(f"ONNX needs {error.name}; run: pip install 'kmu[onnx]'") from error
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=function.input_signature, opset=_OPSET
    )
    with replacing(path) as temporary:
        onnx.save(model, str(temporary))
    return path


def to_litert(function: Any, path: Path) -> Path:
    """Converts a function to LiteRT, with TensorFlow's own operators where it has none.

    Args:
        function: a ``tf.function`` with an input signature that gives a dictionary of tensors.
        path: of the file.
    """
    import tensorflow as tf

    concrete = function.get_concrete_function()
    module = tf.Module()
    # A function alone does not keep its variables.
    module.kept = [list(concrete.variables), getattr(function, "loaded", None)]
    with tempfile.TemporaryDirectory() as saved:
        # By way of a SavedModel, which keeps the names of inputs and outputs.
        tf.saved_model.save(module, saved, signatures={SIGNATURE: concrete})
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=[SIGNATURE])
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]
        content = converter.convert()
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return path


def onnx_runner(path: Path, outputs: list[str]) -> Run:
    """A function that runs an ONNX file with ONNX Runtime on the CPU.

    Args:
        path: of the file.
        outputs: names of what the converted function gives.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = [item.name for item in session.get_inputs()]

    def run(inputs: Arrays) -> Arrays:
        # tf2onnx may add ":0" to names, and numbers outputs in the order of their sorted names.
        feed = {name: inputs[name.split(":")[0]] for name in given}
        return dict(zip(sorted(outputs), session.run(None, feed), strict=True))

    return run


def litert_runner(path: Path, outputs: list[str]) -> Run:
    """A function that runs a LiteRT file on the CPU; arguments as :func:`onnx_runner`."""
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path), num_threads=os.cpu_count())
    runner = interpreter.get_signature_runner(SIGNATURE)

    def run(inputs: Arrays) -> Arrays:
        answer = runner(**inputs)
        return {name: np.asarray(answer[name]) for name in outputs}

    return run
