"""openhdemg's file: gzip JSON of which every value is itself a JSON text.

Data frames are written with ``orient="split"`` (columns, index, data), as openhdemg 0.1.2 reads
them. The unit's twitch train stands where EMG decomposition has its source (IPTS); there is no raw
EMG, so RAW_SIGNAL is one column of zeros.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.files import replacing
from kmu.motor_units import MotorUnits

# Firings are whole samples there; a recording slower than this is written at a multiple of its
# rate, so that no firing moves by more than half a millisecond.
_LOWEST_RATE_HZ = 1000.0


def write_openhdemg(units: MotorUnits, path: Path, measures: Mapping[str, NDArray[Any]]) -> None:
    """Writes units as an EMG file of openhdemg (source CUSTOMCSV).

    Firing samples are counted from 0. ACCURACY is the silhouette where ``measures`` has it, else
    the score.
    """
    count, frames = units.twitch_train.shape
    repeat = int(np.ceil(_LOWEST_RATE_HZ / units.frame_rate - 1e-9))
    rate, length = units.frame_rate * repeat, frames * repeat
    at, own = np.arange(length) / repeat, np.arange(frames)
    trains = [np.interp(at, own, train).round(6).tolist() for train in units.twitch_train]
    pulses = [
        np.clip(np.round(times * rate), 0, length - 1).astype(int).tolist()
        for times in units.firings
    ]
    binary = np.zeros((length, count), int)
    for k, samples in enumerate(pulses):
        binary[samples, k] = 1
    accuracy = np.asarray(measures.get("silhouette", units.score), np.float64)
    accuracy = np.where(np.isfinite(accuracy), accuracy, 0.0)
    contents = {
        "SOURCE": json.dumps("CUSTOMCSV"),
        "FILENAME": json.dumps(path.name),
        "RAW_SIGNAL": _frame(np.zeros((length, 1)).tolist(), 1),
        "REF_SIGNAL": _frame(np.zeros((length, 1)).tolist(), 1),
        "ACCURACY": _frame(accuracy[:, None].tolist(), 1),
        "IPTS": _frame([list(row) for row in zip(*trains, strict=True)] or [[]] * length, count),
        "MUPULSES": json.dumps(pulses),
        "FSAMP": json.dumps(float(rate)),
        "IED": json.dumps(0.0),
        "EMG_LENGTH": json.dumps(length),
        "NUMBER_OF_MUS": json.dumps(count),
        "BINARY_MUS_FIRING": _frame(binary.tolist(), count),
        # A data frame of one text: what openhdemg keeps of things it does not know.
        "EXTRAS": _frame([[json.dumps({**units.provenance, "ids": units.ids.tolist()})]], 1),
    }
    with replacing(path) as temporary, gzip.open(temporary, "wt", encoding="utf-8") as file:
        json.dump(contents, file)


def _frame(rows: Sequence[Sequence[float | str]], columns: int) -> str:
    """A data frame in pandas' "split" layout."""
    layout = {"columns": list(range(columns)), "index": list(range(len(rows))), "data": rows}
    return json.dumps(layout)
