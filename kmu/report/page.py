"""The report of a result: one HTML page that needs no other file."""

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu._version import __version__
from kmu.analysis.emg import EmgPair
from kmu.analysis.physiology import MEASURES
from kmu.analysis.quality import METRICS
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.report.overview import draw_figure, overview
from kmu.report.panels import draw_agreement, draw_discharge, draw_emg_territories, draw_twitches

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:1150px;margin:2em auto;padding:0 1em}
h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}th,td{padding:.25em .6em;text-align:right;border-bottom:1px solid #eee}
th{font-weight:600;vertical-align:bottom}td.flag{background:#fde8d8}img{max-width:100%}
.facts th,.facts td{text-align:left}
.warning{background:#fff4d6;padding:.4em .8em;margin:.3em 0}
dt{font-weight:600}dd{margin:0 0 .4em 1.5em}
"""

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
        units: the result.
        power: (Z, X) root mean square of the velocity, mm/s.
        quality: columns of ``kmu.analysis.quality.METRICS``, and ``quality``, the overall grade.
        flags: for each unit the metrics in which it is doubtful.
        measures: columns of ``kmu.analysis.physiology.MEASURES``.
        warnings: sentences.
        emg: pairs with EMG units; None if there was no EMG.
        emg_units: how many EMG units there were.
        emg_territory: (E, Z, X) their territories by spike-triggered averaging, if known.
        emg_rates: rates of agreement of all pairs, and by chance.
        sections: further parts, by their headings; HTML texts and matplotlib figures.
    """

    title: str
    facts: Mapping[str, str]
    units: MotorUnits
    power: NDArray[np.float32]
    quality: Mapping[str, NDArray[np.float64]]
    flags: Sequence[Sequence[str]]
    measures: Mapping[str, NDArray[np.float64]]
    warnings: Sequence[str] = ()
    emg: Sequence[EmgPair] | None = None
    emg_units: int = field(default=0)
    emg_territory: NDArray[np.float32] | None = None
    emg_rates: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    sections: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def write_page(report: Report, path: str | os.PathLike[str]) -> None:
    """Writes the page.

    Raises:
        InputError: if it cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(page(report), encoding="utf-8")


def page(report: Report) -> str:
    """The page as HTML text."""
    count = len(report.units)
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{_text(report.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(report.title)}: {count} motor unit{'' if count == 1 else 's'}</h1>",
        *(f"<p class='warning'>{_text(warning)}</p>" for warning in report.warnings),
        "<table class='facts'>",
        *(f"<tr><th>{_text(k)}</th><td>{_text(v)}</td></tr>" for k, v in report.facts.items()),
        "</table>",
        "<h2>Where and when</h2>",
        _image(draw_figure(overview(report.power, report.units))),
    ]
    if count:
        parts += [_image(draw_discharge(report.units))]
        parts += ["<h2>Quality</h2>", "<p>Doubtful values are shaded.</p>", _quality_table(report)]
        parts += ["<h2>Measures</h2>", _measures_table(report)]
        parts += ["<h2>Averaged twitches</h2>", _image(draw_twitches(report.units))]
    if report.emg is not None:
        parts += ["<h2>Beside EMG</h2>", _emg_table(report)]
        if report.emg_rates is not None and report.emg_rates[0].size:
            parts += [
                _image(draw_agreement(report.emg, *report.emg_rates)),
                "<p>Where both sources tell the truth, agreement is near 1 for the same unit and "
                "like chance for all others; values in between ask for attention.</p>",
            ]
        if report.emg and report.emg_territory is not None:
            figure = draw_emg_territories(report.units, report.emg, report.emg_territory)
            parts += [
                _image(figure),
                "<p>Grey: territory of the EMG unit by spike-triggered averaging. Outline: ours. "
                "Where the two lie apart, the averaging failed or the pair is wrong.</p>",
            ]
    for heading, section in report.sections.items():
        parts.append(f"<h2>{_text(heading)}</h2>")
        parts += [part if isinstance(part, str) else _image(part) for part in section]
    parts += [
        "<h2>What the columns mean</h2><dl>",
        "<dt>quality</dt><dd>the overall grade, 0 to 1: what the columns of the first table say "
        "together</dd>",
    ]
    for metric in METRICS:
        parts.append(
            f"<dt>{_label(metric.name, metric.unit)}</dt><dd>{_text(metric.description)}; good: "
            f"{metric.good:g}, flagged {'below' if metric.good > metric.bad else 'above'} "
            f"{metric.doubtful:g}</dd>"
        )
    for item in MEASURES:
        parts.append(f"<dt>{_label(item.name, item.unit)}</dt><dd>{_text(item.description)}</dd>")
    parts.append(f"</dl><p>kmu {__version__}</p></body></html>")
    return "\n".join(parts)


def _quality_table(report: Report) -> str:
    names = ["quality", *(metric.name for metric in METRICS)]
    units = {metric.name: metric.unit for metric in METRICS}
    head = "".join(f"<th>{_label(name, units.get(name, ''))}</th>" for name in names)
    rows = []
    for k in range(len(report.units)):
        cells = "".join(
            f"<td{' class=flag' if name in report.flags[k] else ''}>"
            f"{_number(report.quality[name][k])}</td>"
            for name in names
        )
        rows.append(f"<tr><th>{report.units.ids[k]}</th>{cells}</tr>")
    return f"<div class='wide'><table><tr><th>unit</th>{head}</tr>{''.join(rows)}</table></div>"


def _measures_table(report: Report) -> str:
    head = "".join(f"<th>{_label(item.name, item.unit)}</th>" for item in MEASURES)
    rows = []
    for k in range(len(report.units)):
        cells = "".join(f"<td>{_number(report.measures[item.name][k])}</td>" for item in MEASURES)
        rows.append(f"<tr><th>{report.units.ids[k]}</th>{cells}</tr>")
    return f"<div class='wide'><table><tr><th>unit</th>{head}</tr>{''.join(rows)}</table></div>"


def _emg_table(report: Report) -> str:
    pairs = report.emg or ()
    rows = "".join(
        f"<tr><td>{report.units.ids[pair.unit]}</td><td>{pair.emg_unit + 1}</td>"
        f"<td>{pair.rate_of_agreement:.3f}</td><td>{1000 * pair.lag:.1f}</td></tr>"
        for pair in pairs
    )
    return (
        f"<p>{len(pairs)} of {len(report.units)} units match one of {report.emg_units} EMG units."
        "</p><table><tr><th>unit</th><th>EMG unit</th><th>rate of agreement (20 ms)</th>"
        f"<th>lag (ms)</th></tr>{rows}</table>"
    )


def _image(figure: Any) -> str:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=100)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='' src='data:image/png;base64,{data}'>"


def _text(value: object) -> str:
    return html.escape(str(value))


def _label(name: str, unit: str) -> str:
    text = _SPELLED.get(name, name.replace("_", " "))
    unit = unit.replace("mm2", "mm²").replace("um", "µm")
    return _text(text) + (f" ({_text(unit)})" if unit else "")


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-"
    # Three digits would make a correlation of 0.9996 a 1.
    return f"{value:.4f}" if 0.9945 < abs(value) < 1 else f"{value:.3g}"
