"""A report of a result that lies in a file, with its recording if that is at hand."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.curation import load_original
from kmu.analysis.edits import Edit
from kmu.analysis.looking import look
from kmu.analysis.physiology import MEASURES, measure
from kmu.analysis.provenance import facts
from kmu.analysis.quality import METRICS, flags, measure_quality, overall
from kmu.errors import InputError
from kmu.identification.pipeline import at_rate, coarse_copy
from kmu.identification.preparation import Preparation, prepared
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits
from kmu.recording import open_hdf5
from kmu.report.page.content import SHOWN_HZ, Report
from kmu.writing.native import read_power


def stored_report(
    result: Path,
    source: FrameSource | None = None,
    force: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> Report:
    """The report of a result, also of a curated one, whose edits are shown on its original.

    Args:
        result: of ``kmu identify`` or ``kmu curate``, or any file of motor units.
        source: the recording it was found in; without it there is no movie.
        force: times (s) and values of a force trace.

    Raises:
        InputError: if the result cannot be read, or the recording is not the one of the result.
    """
    units = load_original(result)
    edits, table, warnings = _kept(result, len(units))
    power = read_power(result)
    made = units.provenance
    seen = None
    known = {metric.name for metric in METRICS} <= set(table)
    if source is not None:
        _check(units, source, result)
        options = made.get("options", {})
        band = options.get("band_hz")
        preparation = Preparation(
            tuple(band) if band else None,
            options.get("suppress_motion", "none"),
            options.get("motion_order") or 1,
        )
        coarse = prepared(coarse_copy(source, SHOWN_HZ), preparation)
        ours = at_rate(units, coarse.frame_rate, coarse.shape[0])
        seen, power = look(ours, coarse), coarse.power
        if not known:
            measured = measure_quality(ours, coarse)
            table = {"quality": overall(measured), **measured, **table}
            known = True
    quality = {
        name: table[name] for name in ("quality", *(m.name for m in METRICS)) if name in table
    }
    columns = {item.name: table[item.name] for item in MEASURES if item.name in table}
    return Report(
        title=made.get("source", {}).get("file") or result.name,
        facts=facts(made) if "source" in made else {"result": result.name},
        units=units,
        power=power,
        quality=quality,
        flags=flags(quality) if known else [[] for _ in range(len(units))],
        measures=columns or measure(units),
        warnings=[*made.get("warnings", ()), *warnings],
        look=seen,
        edits=edits,
        force=force,
        result=result.name,
    )


def _kept(result: Path, count: int) -> tuple[list[Edit], dict[str, NDArray[np.float64]], list[str]]:
    """Edits, table of measures and warnings that a result file holds."""
    with open_hdf5(result) as file:
        original = file.get("original", file)
        group = original.get("measures", {})
        table = {name: np.asarray(group[name][()], np.float64) for name in group}
        edits = json.loads(file.attrs.get("edits", "{}")).get("edits", [])
    odd = sorted(name for name, values in table.items() if values.shape != (count,))
    warnings = [f"{', '.join(odd)}: not one number for each unit, left out"] if odd else []
    return edits, {n: v for n, v in table.items() if n not in odd}, warnings


def _check(units: MotorUnits, source: FrameSource, result: Path) -> None:
    frames, depth, width = source.shape
    theirs = (units.twitch_train.shape[1], *units.territory.shape[1:])
    if theirs != (frames, depth, width):
        raise InputError(
            f"{result} was not found in this recording: it is of {theirs[0]} frames of "
            f"{theirs[1]} x {theirs[2]} pixels, the recording of {frames} of {depth} x {width}"
        )


def read_force(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times (s) and values of a force trace from two columns of a CSV; a heading is passed over.

    Raises:
        InputError: if the file cannot be read or is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").replace(";", ",").replace("\t", ",")
        lines = [line.split(",") for line in text.splitlines() if line.strip()]
        table = np.array([line[:2] for line in lines[_is_heading(lines[0]) :]], np.float64)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} must hold two columns: time in s, force") from error
    if table.ndim != 2 or table.shape[1] != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise InputError(f"{path} must hold two columns of numbers: time in s, force")
    if (np.diff(table[:, 0]) <= 0).any():
        raise InputError(f"{path}: the times in the first column must rise")
    return table[:, 0], table[:, 1]


def _is_heading(words: list[str]) -> bool:
    try:
        [float(word) for word in words]
    except ValueError:
        return True
    return False
