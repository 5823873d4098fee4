"""What TensorFlow Serving wants beside a SavedModel: warm-up requests and a ``models.config``.

``python -m kmu.serving.warmup saved_models/kmu`` writes both. Warm-up requests lie in
``<version>/assets.extra/tf_serving_warmup_requests`` as a TFRecord file of PredictionLog messages
and are run before a version takes traffic. Needs the extra ``tfserving``.
Source: https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kmu.errors import InputError, exit_code
from kmu.files import replacing
from kmu.identification.finding import find_model
from kmu.identification.served_model import INPUTS, SIGNATURE

# Recordings of 1, 2 and 5 s on the model grid: every length is traced anew by some kernels.
SHAPES = ((1, 100, 64, 64), (1, 200, 64, 64), (1, 500, 64, 64))
_WARM_UP = Path("assets.extra") / "tf_serving_warmup_requests"


def write_warmup(folder: Path, name: str, shapes: Sequence[tuple[int, ...]] = SHAPES) -> Path:
    """Writes warm-up requests into a version folder.

    Args:
        folder: the version folder of the SavedModel.
        name: the model's name in requests.
        shapes: (B, T, Z, X) of each request; they are silent recordings at 100 Hz, 0.625 mm.

    Returns:
        The file written.

    Raises:
        InputError: if the extra ``tfserving`` is missing.
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError as error:
        raise InputError(
            "warm-up requests need tensorflow_serving; run: pip install 'kmu[tfserving]'"
        ) from error
    import tensorflow as tf

    target = folder / _WARM_UP
    with replacing(target) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
        for shape in shapes:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = SIGNATURE
            # One value for a whole tensor: the message holds it once.
            values = ((0.0, shape), (100.0, shape[:1]), (0.625, (shape[0], 2)))
            for key, (value, size) in zip(INPUTS, values, strict=True):
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value, tf.float32, size))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
    return target


def models_config(models: dict[str, str]) -> str:
    """The text of a ``models.config``.

    Args:
        models: model name to base path, as TensorFlow Serving sees it.
    """
    entries = "".join(
        "  config {\n"
        f'    name: "{name}"\n'
        f'    base_path: "{path}"\n'
        '    model_platform: "tensorflow"\n'
        "  }\n"
        for name, path in models.items()
    )
    return "model_config_list {\n" + entries + "}\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes warm-up requests for models."""
    parser = argparse.ArgumentParser(prog="python -m kmu.serving.warmup", description=__doc__)
    parser.add_argument("models", nargs="+", help="base paths, version folders or names")
    for model in parser.parse_args(argv).models:
        folder = find_model(model).resolve()
        print(write_warmup(folder, folder.parent.name))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
