"""MATLAB v5 files: ``load`` gives plain arrays, a cell of firings and a struct of measures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.reading.contents import damaged

_README = (
    "Motor units found by kmu. territory: depth x lateral x unit, 0 to 1. twitch_train: "
    "time x unit, mm/s. firings{k}: times of unit k in s, the first frame is at 0. "
    "firing_frames{k}: the nearest frames, the first frame is 1. score: 1 x unit, 0 to 1. "
    "frame_rate: Hz. spacing: [depth lateral], mm. measures: struct of 1 x unit arrays. "
    "ids: what each unit is called. provenance: JSON text, how the units were made."
)


def write_matlab(units: MotorUnits, path: Path, measures: Mapping[str, NDArray[Any]]) -> None:
    """Writes units for MATLAB and Octave.

    Variables are described in the variable ``readme`` of the file. Frames are counted from 1 as
    MATLAB does; times are in seconds from the first frame.
    """
    count = len(units)
    firings, frames = np.empty((1, count), object), np.empty((1, count), object)
    for k, times in enumerate(units.firings):
        firings[0, k] = times[None]
        frames[0, k] = np.round(times * units.frame_rate)[None] + 1
    values = {
        "readme": _README,
        "territory": units.territory.transpose(1, 2, 0),
        "twitch_train": units.twitch_train.T,
        "firings": firings,
        "firing_frames": frames,
        "score": units.score[None],
        "ids": units.ids[None],
        "provenance": json.dumps(units.provenance),
        "frame_rate": units.frame_rate,
        "spacing": np.array(units.spacing),
    }
    if measures:
        # MATLAB shows at most 31 letters of a field's name in this format.
        values["measures"] = {name[:31]: np.asarray(v)[None] for name, v in measures.items()}
    with replacing(path) as temporary:
        scipy.io.savemat(temporary, values, do_compression=True, oned_as="row")


def read_matlab(path: str | Path) -> MotorUnits:
    """Reads back what :func:`write_matlab` wrote, also when MATLAB or Octave saved it again.

    Raises:
        InputError: if the file is damaged or something else.
    """
    values = _loaded(path)
    firings = [np.asarray(item, np.float64).ravel() for item in values["firings"].ravel()]
    depth, width = values["territory"].shape[:2]
    count = len(firings)
    return MotorUnits(
        territory=values["territory"].reshape(depth, width, count).transpose(2, 0, 1),
        twitch_train=values["twitch_train"].T.reshape(count, len(values["twitch_train"])),
        firings=firings,
        score=values["score"].ravel(),
        frame_rate=float(values["frame_rate"].ravel()[0]),
        spacing=tuple(values["spacing"].ravel().tolist()),
        ids=np.asarray(values.get("ids", []), np.int64).ravel(),
        provenance=json.loads(str((*np.ravel(values.get("provenance", "{}")), "{}")[0])),
    )


def read_matlab_measures(path: str | Path) -> dict[str, NDArray[np.float64]]:
    """The struct ``measures`` of such a file; empty if it has none.

    Raises:
        InputError: if the file is damaged or something else.
    """
    table = np.asarray(_loaded(path).get("measures", []))
    names = table.dtype.names or ()
    return {name: np.asarray(table[name].ravel()[0], np.float64).ravel() for name in names}


def _loaded(path: str | Path) -> dict[str, Any]:
    if not Path(path).is_file():
        raise InputError(f"{path} does not exist or is not a file")
    with damaged(Path(path), "a MATLAB file of motor units"):
        values = scipy.io.loadmat(str(path))
    if not {"territory", "twitch_train", "firings", "score", "frame_rate", "spacing"} <= set(
        values
    ):
        raise InputError(f"{path} holds no motor units written by kmu")
    return dict(values)
