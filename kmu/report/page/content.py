"""What the page shows, and the same as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu._version import __version__
from kmu.analysis.edits import Edit
from kmu.analysis.emg import EmgPair
from kmu.analysis.looking import Look, coarser, pixel_factors
from kmu.analysis.physiology import MEASURES
from kmu.analysis.quality import METRICS
from kmu.identification.resample import resample_courses
from kmu.motor_units import MotorUnits
from kmu.report.page.packing import cropped, numbers, packed, stored

# Trains hold nothing above 50 Hz, so so many samples per second show all of them.
SHOWN_HZ = 100.0
MOST_PIXELS = 16384

# Names of columns that do not read well as they are.
_SPELLED = {
    "power_6_14_hz": "power at 6 to 14 Hz",
    "interval_cov": "interval CoV",
    "interval_sd": "interval SD",
}


@dataclass(frozen=True)
class Report:
    """Everything the page shows.

    Attributes:
        title: usually the file's name.
        facts: what was done with what, name and value.
        units: the result, before any curation.
        power: (Z, X) root mean square of the velocity, mm/s; None if nobody kept it.
        quality: columns of ``kmu.analysis.quality.METRICS``, and ``quality``, the overall grade;
            what is missing was not measured.
        flags: for each unit the metrics in which it is doubtful.
        measures: columns of ``kmu.analysis.physiology.MEASURES``.
        warnings: sentences.
        emg: pairs with EMG units; None if there was no EMG.
        emg_units: how many EMG units there were.
        emg_territory: (E, Z, X) their territories by spike-triggered averaging, if known.
        emg_rates: rates of agreement of all pairs, and by chance.
        sections: further parts, by their headings; HTML texts and matplotlib figures.
        look: of the recording, if it was at hand.
        edits: a curation that is begun already.
        force: times (s) and values of a force trace.
        result: name of the result's file, for the commands that the page shows.
    """

    title: str
    facts: Mapping[str, str]
    units: MotorUnits
    power: NDArray[np.float32] | None
    quality: Mapping[str, NDArray[np.float64]]
    flags: Sequence[Sequence[str]]
    measures: Mapping[str, NDArray[np.float64]]
    warnings: Sequence[str] = ()
    emg: Sequence[EmgPair] | None = None
    emg_units: int = field(default=0)
    emg_territory: NDArray[np.float32] | None = None
    emg_rates: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    sections: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    look: Look | None = None
    edits: Sequence[Edit] = ()
    force: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    result: str = "result.h5"


def content(report: Report) -> dict[str, Any]:
    """The report as JSON; arrays thinned and packed."""
    units = report.units
    frames, (depth, width) = units.twitch_train.shape[1], units.territory.shape[1:]
    factors = pixel_factors((depth, width), units.spacing, MOST_PIXELS)
    rate = min(SHOWN_HZ, units.frame_rate)
    count = max(round(frames * rate / units.frame_rate), 1)
    made: dict[str, Any] = {
        "title": report.title,
        "result": report.result,
        "kmu": __version__,
        "duration": frames / units.frame_rate,
        "rate": rate,
        "grid": {
            "depth": depth // factors[0],
            "width": width // factors[1],
            "dz": units.spacing[0] * factors[0],
            "dx": units.spacing[1] * factors[1],
        },
        "columns": columns(report),
        "units": _units(report, factors),
        "trains": packed(resample_courses(units.twitch_train, units.frame_rate / rate, count)),
        "power": None,
        "look": None,
        "emg": None,
        "reference": json.loads(files(__package__).joinpath("reference.json").read_text()),
        "edits": list(report.edits),
        "force": None,
    }
    if report.power is not None:
        made["power"] = packed(coarser(report.power[None], factors)[0], "uint8")
    if report.look is not None:
        seen = report.look
        made["look"] = {
            "rate": seen.movie_rate,
            "movie": stored(seen.movie, seen.movie_scale),
            "maps": packed(coarser(seen.maps, factors), "int8"),
            "inside": packed(resample_courses(seen.inside, seen.frame_rate / rate, count)),
        }
    if report.emg is not None:
        made["emg"] = _emg(report, factors)
    if report.force is not None:
        time, value = report.force
        step = max(len(time) // 6000, 1)
        made["force"] = {"time": numbers(time[::step], 4), "value": numbers(value[::step], 4)}
    return made


def columns(report: Report) -> list[dict[str, Any]]:
    """The columns of the table of units: name, label, unit, meaning, and what is good and bad."""
    found: list[dict[str, Any]] = [
        {
            "name": "quality",
            "label": "quality",
            "unit": "",
            "meaning": "the overall grade, 0 to 1: what the other measures of quality say together",
        }
    ]
    for metric in METRICS:
        found.append(
            {
                "name": metric.name,
                "label": label(metric.name),
                "unit": metric.unit,
                "meaning": metric.description,
                "good": metric.good,
                "bad": metric.bad,
                "doubtful": metric.doubtful,
            }
        )
    known = {column["name"] for column in found}
    for item in MEASURES:
        if item.name not in known:
            unit = item.unit.replace("mm2", "mm²").replace("um", "µm")
            found.append(
                {
                    "name": item.name,
                    "label": label(item.name),
                    "unit": unit,
                    "meaning": item.description,
                }
            )
    present = {**report.quality, **report.measures}
    return [column for column in found if column["name"] in present]


def label(name: str) -> str:
    """The name of a column in words."""
    return _SPELLED.get(name, name.replace("_", " "))


def _units(report: Report, factors: tuple[int, int]) -> list[dict[str, Any]]:
    units = report.units
    table = {**report.quality, **report.measures}
    return [
        {
            "id": int(units.ids[k]),
            "score": round(float(units.score[k]), 4),
            "territory": cropped(coarser(units.territory[k : k + 1], factors)[0]),
            "firings": numbers(units.firings[k], 5),
            "values": {name: numbers(values[k : k + 1], 5)[0] for name, values in table.items()},
            "flags": list(report.flags[k]),
        }
        for k in range(len(units))
    ]


def _emg(report: Report, factors: tuple[int, int]) -> dict[str, Any]:
    maps = report.emg_territory
    return {
        "units": report.emg_units,
        "pairs": [
            {
                "unit": pair.unit + 1,
                "emg_unit": pair.emg_unit + 1,
                "agreement": round(pair.rate_of_agreement, 4),
                "lag": round(1000 * pair.lag, 2),
            }
            for pair in report.emg or ()
        ],
        "territory": None if maps is None else packed(coarser(maps, factors), "uint8"),
    }
