"""A piece as a line of JSON."""

import json

from kmu.live.pieces import Piece


def line(piece: Piece) -> str:
    """One line: times in s, firings of the units that fired, trains in mm/s, delay, notes."""
    ids = [int(unit) for unit in piece.ids]
    fired = zip(ids, piece.firings, strict=True)
    return json.dumps(
        {
            "time": [round(float(at), 4) for at in piece.time],
            "firings": {
                unit: [round(float(at), 4) for at in times] for unit, times in fired if len(times)
            },
            "trains": {
                unit: [round(float(value), 4) for value in train]
                for unit, train in zip(ids, piece.twitch_train, strict=False)
            },
            "bridged": int(piece.bridged.sum()),
            "delay": round(piece.delay, 4),
            "notes": list(piece.notes),
        }
    )
