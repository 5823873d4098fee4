"""Neurodata Without Borders: a units table and the twitch trains."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits


def write_nwb(units: MotorUnits, path: Path, measures: Mapping[str, NDArray[Any]]) -> None:
    """Writes units for Neurodata Without Borders.

    The units table has the firings as ``spike_times``, the ``score``, the ``territory`` (depth,
    lateral) and a column for each measure; the processing module ``ultrasound`` has the twitch
    trains. Subject and session are not known to kmu: the file says so, and pynwb can add them.

    Raises:
        InputError: if pynwb is not installed or the file cannot be written.
    """
    try:
        import pynwb
    except ImportError as error:
        raise InputError("NWB files need pynwb: pip install 'kmu[nwb]'") from error
    now = datetime.now(UTC)
    file = pynwb.NWBFile(
        session_description="motor units found in an ultrafast-ultrasound recording",
        identifier=f"{path.stem}-{now:%Y%m%dT%H%M%S%f}",
        session_start_time=now,
        timestamps_reference_time=now,
        source_script=f"kmu {units.provenance.get('kmu', '')}".strip(),
        notes=json.dumps(units.provenance),
        source_script_file_name="kmu",
    )
    seconds = units.twitch_train.shape[1] / units.frame_rate
    if len(units):
        _add_units(file, units, measures, seconds)
        module = file.create_processing_module("ultrasound", "velocity that each unit contributes")
        module.add(
            pynwb.TimeSeries(
                name="twitch_train",
                data=units.twitch_train.T,
                unit="mm/s",
                rate=float(units.frame_rate),
                description=f"time x unit; pixels of {units.spacing[0]:g} x {units.spacing[1]:g} "
                "mm (depth x lateral) in the territories of the units table",
            )
        )
    with replacing(path) as temporary, pynwb.NWBHDF5IO(str(temporary), "w") as writer:
        writer.write(file)


def _add_units(
    file: Any, units: MotorUnits, measures: Mapping[str, NDArray[Any]], seconds: float
) -> None:
    file.add_unit_column("score", "the model's score, 0 to 1")
    file.add_unit_column("territory", "weight of each pixel (depth, lateral), 0 to 1")
    names = [name for name in measures if name != "score"]
    for name in names:
        file.add_unit_column(name, name.replace("_", " "))
    for k, times in enumerate(units.firings):
        file.add_unit(
            id=int(units.ids[k]),
            spike_times=times,
            obs_intervals=np.array([[0.0, seconds]]),
            score=float(units.score[k]),
            territory=units.territory[k],
            **{name: float(measures[name][k]) for name in names},
        )
    # Firings are placed between frames, but only the frame is certain.
    file.units.resolution = 1 / units.frame_rate
