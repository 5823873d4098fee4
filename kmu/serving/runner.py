"""Running several recordings through a loaded model: the answer the server gives."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.cutting import recording_threshold
from kmu.identification.finding import find_model
from kmu.identification.jolts import LONGEST_LINEAR, FrameLevels, runs_of
from kmu.identification.resample import RecordingFrames, decimated
from kmu.identification.served_model import load_model
from kmu.recording import Recording
from kmu.serving.protocol import INPUTS, Item


def model_version(model: str | None) -> tuple[str, int, Path]:
    """The name, the version and the folder under which a model is served.

    Args:
        model: as :func:`kmu.identification.finding.find_model` takes it.

    Raises:
        InputError: if there is no such model.
    """
    folder = find_model(model).resolve()
    if folder.name.isdigit():
        return folder.parent.name, int(folder.name), folder
    return folder.name, 1, folder


class BatchRunner:
    """A loaded model that answers several recordings of any shapes.

    Args:
        folder: the version folder of the SavedModel.
        threads: cores to compute with; 0 leaves it to TensorFlow.

    Raises:
        InputError: if the SavedModel is damaged or lacks the signature.
    """

    def __init__(self, folder: str | Path, threads: int = 0) -> None:
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        self._tf = tf
        self._model = load_model(folder, in_batches=True)

    def answer(self, items: Sequence[Item]) -> list[dict[str, NDArray[Any]] | InputError]:
        """Runs recordings; those of equal shape, rate and spacing together.

        Args:
            items: (velocity (T, Z, X), frame rate, spacing) each.

        Returns:
            For each recording all its outputs without the batch axis, padded as the model pads
            them, ``valid`` as ``kmu identify`` decides, and ``bridged_frames``, how many frames of
            jolts the model bridged; or, if the
            model refuses it, the error; one refused recording does not stop the others.
        """
        groups: dict[Any, list[int]] = defaultdict(list)
        for index, (velocity, rate, spacing) in enumerate(items):
            groups[velocity.shape, rate, tuple(spacing)].append(index)
        answers: list[Any] = [None] * len(items)
        for members in groups.values():
            for index, answer in zip(members, self._run([items[i] for i in members]), strict=True):
                answers[index] = answer
        return answers

    def warm_up(self) -> None:
        """Runs one silent recording, so that the first request does not wait for tracing."""
        self.answer([(np.zeros((200, 64, 64), np.float32), 100.0, (0.625, 0.625))])

    def metadata(self) -> dict[str, Any]:
        """The signatures as TensorFlow Serving's metadata path describes them."""
        from google.protobuf import json_format
        from tensorflow.core.protobuf import saved_model_pb2

        parsed = saved_model_pb2.SavedModel()
        parsed.ParseFromString((self._model.path / "saved_model.pb").read_bytes())
        definitions = parsed.meta_graphs[0].signature_def
        return {
            name: json_format.MessageToDict(definition, preserving_proto_field_name=True)
            for name, definition in definitions.items()
        }

    def _run(self, items: Sequence[Item]) -> Sequence[Mapping[str, NDArray[Any]] | InputError]:
        velocity = np.stack([item[0] for item in items])
        rates = np.array([item[1] for item in items], np.float32)
        spacings = np.array([item[2] for item in items], np.float32)
        inputs = zip(INPUTS, (velocity, rates, spacings), strict=True)
        try:
            outputs = self._model.call(**{k: self._tf.constant(value) for k, value in inputs})
        except self._tf.errors.InvalidArgumentError as error:
            refused = InputError(f"the model refuses the recording: {_reason(error.message)}")
            return [refused] * len(items)
        except self._tf.errors.ResourceExhaustedError:
            if len(items) == 1:
                return [InputError("there is not enough memory for the recording; cut it")]
            # What is too much together may well be possible one after the other.
            return [self._run([item])[0] for item in items]
        columns = {name: value.numpy() for name, value in outputs.items()}
        return [
            {
                **{name: column[i] for name, column in columns.items()},
                "valid": self._valid(columns["score"][i], columns["territory"][i]),
                "bridged_frames": np.asarray(self._bridged(item), np.int32),
            }
            for i, item in enumerate(items)
        ]

    def _valid(
        self, score: NDArray[np.float32], territory: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """(K,) which candidates ``kmu identify`` gives; the graph alone has a fixed threshold."""
        filled = (score > 0) & territory.any((1, 2))
        highest = self._model.thresholds["score"]
        return filled & (score >= recording_threshold(score[filled], 0.0, highest))

    def _bridged(self, item: Item) -> int:
        """Frames of jolts that the model bridges in a recording, at the model's rate."""
        velocity, rate, spacing = item
        source = RecordingFrames(Recording(velocity, rate, spacing))
        levels = FrameLevels(velocity.shape[1:])
        for part in decimated(source, min(rate, self._model.frame_rate), len(velocity)):
            levels.add(part)
        return sum(len(gap) for gap in runs_of(levels.jolted(), LONGEST_LINEAR))


def _reason(message: str) -> str:
    """The sentence of a failed assertion of the graph, without the trace around it."""
    asserted = re.search(r"assertion failed: \[([^\]]+)\]", message)
    lines = [line for line in message.splitlines() if line.strip()]
    return asserted.group(1) if asserted else lines[0] if lines else "no reason given"
