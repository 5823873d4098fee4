"""A small stream for tests: two units that twitch, a network with random weights, no export."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from made_recordings import twitching

from kmu.identification.served_model import ServedModel
from kmu.live.model import Model
from kmu.live.pieces import Piece
from kmu.live.stream import Stream
from kmu.motor_units import MotorUnits

RATE, SPACING = 250.0, (1.0, 0.5)
PLACES = [(8.0, 6.0), (15.0, 14.0)]
THRESHOLDS = {"score": 0.9, "firing": 0.12}


def territories(places=PLACES):
    z = (np.arange(24) + 0.5)[:, None]
    x = (np.arange(40) + 0.5)[None] * 0.5
    return np.stack([np.exp(-((z - a) ** 2 + (x - b) ** 2) / 9) for a, b in places])


def known_units(ids=(1, 2)):
    return MotorUnits(
        territory=territories(),
        twitch_train=np.zeros((2, 1)),
        firings=[np.zeros(0)] * 2,
        score=np.ones(2),
        frame_rate=100.0,
        spacing=SPACING,
        ids=np.array(ids),
    )


def two_units(seconds=5.0, places=PLACES):
    """Velocity (T, 24, 40) in mm/s."""
    return twitching(places, seconds=seconds)[0].velocity


def live_model(identifier, places: Sequence[tuple[float, float]] = PLACES) -> Model:
    """A model that identifies by looking at places: units are where the velocity is strong.

    Its regressor is that of ``identifier``.
    """
    import tensorflow as tf

    maps = territories(places).astype(np.float32)

    def call(velocity, frame_rate, spacing):
        seen = np.asarray(velocity)[0]
        train = np.tensordot(seen, maps, ((1, 2), (1, 2))).T / maps.sum((1, 2))[:, None]
        answer = {
            "territory": maps,
            "twitch_train": train,
            "firing_probability": np.zeros_like(train),
            "score": np.where(train.std(1) > 0.1, 0.95, 0.1).astype(np.float32),
            "valid": np.ones(len(maps), bool),
        }
        return {name: value[None] for name, value in answer.items()}

    served = ServedModel(Path("places"), THRESHOLDS, call)
    regressor = tf.function(lambda courses: identifier.signals.regressor(courses)[:2])
    return Model(served, identifier, regressor)


def stream_of(model, **changes):
    given = {"delay": 0.1, "calibration": 2.0, "units": known_units(), "model": model}
    return Stream(RATE, SPACING, **{**given, "recalibrate": False, **changes})


def run(model, velocity, size=13, **changes):
    """All pieces of a stream that gets ``size`` frames at a time, and the stream."""
    stream, pieces = stream_of(model, **changes), []
    for first in range(0, len(velocity), size):
        pieces += stream.push(velocity[first : first + size])
    return [*pieces, *stream.close()], stream


def joined(pieces: Sequence[Piece]):
    """Times, trains and firings of all pieces."""
    pieces = [piece for piece in pieces if len(piece.time)]
    firings = [np.concatenate([piece.firings[k] for piece in pieces]) for k in range(2)]
    train = np.concatenate([piece.twitch_train for piece in pieces], 1)
    return np.concatenate([piece.time for piece in pieces]), train, firings


def said(pieces: Sequence[Piece]) -> str:
    return " / ".join(text for piece in pieces for text in piece.notes)
