"""The networks of an identifier as functions that can be exported one by one.

Between them lie a few steps of plain linear algebra (resampling, unmixing by least squares), which
other runtimes lack operators for; kmu/models holds them, in some forty lines each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kmu.identification.served_model import INPUTS, OUTPUTS, SIGNATURE
from kmu.runtimes.convert import Arrays


@dataclass(frozen=True)
class Network:
    """A part of the identifier.

    Attributes:
        name: of the part and of its files.
        function: ``tf.function`` with an input signature, a dictionary of tensors out.
        fixed: the same for recordings as long and as large as the example alone, of which there
            may be several; LiteRT lacks operators for the maps of a size that it does not know.
        outputs: names of the outputs.
        example: an input, float32 arrays by name.
    """

    name: str
    function: Any
    fixed: Any
    outputs: list[str]
    example: Arrays


def whole(folder: Path, example: Arrays) -> Network:
    """The identifier from recording to units, as its SavedModel holds it.

    Args:
        folder: the version folder.
        example: ``velocity`` (B, T, Z, X), ``frame_rate`` (B,), ``spacing`` (B, 2), float32.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures[SIGNATURE]
    specs = signature.structured_input_signature[1]

    def identify(velocity: Any, frame_rate: Any, spacing: Any) -> Any:
        return signature(velocity=velocity, frame_rate=frame_rate, spacing=spacing)

    function = tf.function(identify, input_signature=[specs[name] for name in INPUTS])
    shapes = [tf.TensorSpec(example[name].shape, tf.float32, name) for name in INPUTS]
    fixed = tf.function(identify, input_signature=shapes)
    # The signature alone does not keep the variables alive.
    function.loaded = fixed.loaded = loaded
    return Network("identifier", function, fixed, list(OUTPUTS), example)


def networks(identifier: Any, shape: tuple[int, int, int, int]) -> list[Network]:
    """The networks of an identifier, each with any number of units and frames.

    - ``maps``: normalised ``velocity`` (B, T, Z, X) on the model grid, Z and X multiples of 8, to
      the segmenter's maps ``centre``, ``kernel`` and ``embedding``; slow fusion and local
      correlation are inside.
    - ``refiner``: ``window`` (N, S, S, 6) around each unit to the ``change`` of its mask's logits
      and of its weights in unmixing (N, 2, S, S), and ``features`` (N, F).
    - ``signal_regressor``: ``courses`` (N, T, C) of each unit to its clean ``train`` and
      ``firing_logits`` (N, T), and features (N, F').
    - ``judge`` and ``sieve``: ``features`` of each unit (N, F) to the logit of its score (N,).

    Args:
        identifier: a :class:`kmu.models.Identifier`.
        shape: (B, T, Z, X) of the examples; 16 units a recording.

    Returns:
        Those that the identifier's design has.
    """
    from kmu.models.signals import count_courses
    from kmu.models.territory_refiner import WINDOW_MAPS

    signals, config = identifier.signals, identifier.config
    units, side = 16 * shape[0], config.signal.refiner_window
    found = [
        _network("maps", "velocity", shape, (0, 1, 2, 3), _maps(identifier)),
        _network(
            "signal_regressor",
            "courses",
            (units, shape[1], count_courses(config.signal)),
            (0, 1),
            _signal_regressor(signals),
        ),
    ]
    if config.signal.refinements:
        window = (units, side, side, WINDOW_MAPS)
        found.append(_network("refiner", "window", window, (0,), _refiner(signals)))
        for name in ("sieve", "judge"):
            layers = getattr(signals, name)
            features = (units, layers[0].kernel.shape[0])
            found.append(_network(name, "features", features, (0,), _dense(layers)))
    return found


def _network(
    name: str,
    takes: str,
    shape: tuple[int, ...],
    free: tuple[int, ...],
    call: Callable[[Any], dict[str, Any]],
) -> Network:
    """A network of one input; ``free`` are the axes of any length."""
    import tensorflow as tf

    def function(free: tuple[int, ...]) -> Any:
        lengths = [None if axis in free else length for axis, length in enumerate(shape)]
        return tf.function(call, input_signature=[tf.TensorSpec(lengths, tf.float32, takes)])

    example = np.random.default_rng(0).standard_normal(shape, np.float32)
    made = function(free)
    outputs = sorted(made.get_concrete_function().structured_outputs)
    fixed = function((0,)) if len(shape) == 4 else made
    return Network(name, made, fixed, outputs, {takes: example})


def _maps(identifier: Any) -> Callable[[Any], dict[str, Any]]:
    def maps(velocity: Any) -> dict[str, Any]:
        found = identifier.maps(velocity)
        return {name: found[name] for name in ("centre", "kernel", "embedding")}

    return maps


def _refiner(signals: Any) -> Callable[[Any], dict[str, Any]]:
    def refiner(window: Any) -> dict[str, Any]:
        change, features = signals.refiner(window)
        return {"change": change, "features": features}

    return refiner


def _signal_regressor(signals: Any) -> Callable[[Any], dict[str, Any]]:
    def signal_regressor(courses: Any) -> dict[str, Any]:
        # ONNX Runtime does not know TensorFlow's "SAME" of dilated convolutions.
        train, firing, feature = signals.regressor(courses, plain=True)
        return {"train": train, "firing_logits": firing, "features": feature}

    return signal_regressor


def _dense(layers: Any) -> Callable[[Any], dict[str, Any]]:
    def judge(features: Any) -> dict[str, Any]:
        for layer in layers:
            features = layer(features)
        return {"logit": features[..., 0]}

    return judge
