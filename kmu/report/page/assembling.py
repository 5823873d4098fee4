"""The page as text: template, words, style, scripts and data in one."""

import base64
import html
import io
import json
import os
from importlib.resources import files
from typing import Any

from kmu._version import __version__
from kmu.files import replacing
from kmu.report.page.content import Report, columns, content
from kmu.report.page.sentences import command, methods, thinned
from kmu.report.panels import draw_agreement

# In the order in which they need each other; uPlot (MIT, see uPlot.LICENSE) draws courses.
SCRIPTS = (
    "uPlot.iife.min.js",
    "data.js",
    "measures.js",
    "contours.js",
    "edits.js",
    "changes.js",
    "state.js",
    "colours.js",
    "backgrounds.js",
    "map.js",
    "drawing.js",
    "zoom.js",
    "courses.js",
    "charts.js",
    "unit.js",
    "table.js",
    "player.js",
    "curation.js",
    "keys.js",
    "main.js",
)
STYLES = ("uPlot.min.css", "page.css")


def write_page(report: Report, path: str | os.PathLike[str]) -> None:
    """Writes the page.

    Raises:
        InputError: if it cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(page(report), encoding="utf-8")


def page(report: Report) -> str:
    """The page as HTML text."""
    made, count = report.units.provenance, len(report.units)
    places = {
        "TITLE": _text(report.title),
        "COUNT": f"{count} motor unit{'' if count == 1 else 's'}",
        "VERSION": _text(__version__),
        "WARNINGS": "".join(f"<li>{_text(warning)}</li>" for warning in report.warnings),
        "FACTS": "".join(
            f"<tr><th scope='row'>{_text(name)}</th><td>{_text(value)}</td></tr>"
            for name, value in report.facts.items()
        ),
        "COMMAND": _text(command(made, report.result)),
        "METHODS": _text(methods(made, count)),
        "THINNED": _text(thinned(report)),
        "EMG": _emg(report),
        "SECTIONS": "".join(
            f"<h2>{_text(heading)}</h2>"
            f"<div class='section' role='region' tabindex='0' aria-label='{_text(heading)}'>"
            f"{''.join(_part(part, heading) for part in section)}</div>"
            for heading, section in report.sections.items()
        ),
        "MEANINGS": "".join(_meaning(column) for column in columns(report)),
        "STYLE": "\n".join(_file(name) for name in STYLES),
        # Nothing in the data may end the element that it stands in.
        "DATA": json.dumps(content(report), separators=(",", ":")).replace("<", "\\u003c"),
        "SCRIPT": "\n".join(_file(name) for name in SCRIPTS),
    }
    # In one pass: what is put in may look like a place itself.
    pieces = _file("template.html").split("@@")
    return "".join(places[piece] if k % 2 else piece for k, piece in enumerate(pieces))


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _meaning(column: dict[str, object]) -> str:
    unit = f" ({column['unit']})" if column["unit"] else ""
    text = f"<dt>{_text(column['label'])}{_text(unit)}</dt><dd>{_text(column['meaning'])}"
    if "good" in column:
        good, bad, doubtful = (float(str(column[key])) for key in ("good", "bad", "doubtful"))
        side = "below" if good > bad else "above"
        text += f"; good: {good:g}, flagged {side} {doubtful:g}"
    return f"{text}</dd>"


def _emg(report: Report) -> str:
    if report.emg is None:
        return ""
    rows = "".join(
        f"<tr><td>{report.units.ids[pair.unit]}</td><td>{pair.emg_unit + 1}</td>"
        f"<td>{pair.rate_of_agreement:.3f}</td><td>{1000 * pair.lag:.1f}</td></tr>"
        for pair in report.emg
    )
    picture = ""
    if report.emg_rates is not None and report.emg_rates[0].size:
        picture = (
            f"{_part(draw_agreement(report.emg, *report.emg_rates), 'Rates of agreement')}<p>Where "
            "both sources tell the truth, agreement is near 1 for the same unit and like chance "
            "for all others; values in between ask for attention.</p>"
        )
    return (
        f"<p>{len(report.emg)} of {len(report.units)} units match one of {report.emg_units} EMG "
        "units.</p><table><thead><tr><th scope='col'>unit</th><th scope='col'>EMG unit</th>"
        "<th scope='col'>rate of agreement (20 ms)</th><th scope='col'>lag (ms)</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{picture}"
    )


def _part(part: Any, name: str) -> str:
    """A text as it is, a matplotlib figure as a picture."""
    if isinstance(part, str):
        return part
    image = io.BytesIO()
    part.savefig(image, format="png", dpi=110)
    data = base64.b64encode(image.getvalue()).decode()
    return f"<p><img alt='{_text(name)}: figure' src='data:image/png;base64,{data}'></p>"


def _text(value: object) -> str:
    return html.escape(str(value))
