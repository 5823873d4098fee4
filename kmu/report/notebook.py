"""What a notebook shows of a recording or a result: a line, a picture, a table."""

import base64
import html
import io
from typing import Any

import numpy as np

from kmu.analysis.physiology import measure
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.report.figures.kinds import draw_on
from kmu.report.figures.style import MM_PER_INCH, PAGE_MM, bar_length, scale_bar, styled

# The table names the best units; all of them are in ``to_dataframe``.
_ROWS = 12
_COLUMNS = {
    "firings": ("firings", "{:.0f}"),
    "discharge_rate": ("rate (Hz)", "{:.1f}"),
    "area": ("area (mm²)", "{:.1f}"),
    "centroid_depth": ("depth (mm)", "{:.1f}"),
    "contraction_time": ("contraction (ms)", "{:.0f}"),
}


def units_html(units: MotorUnits) -> str:
    """One line, the overview, and a table of the first units."""
    figure = _figure(max(76.0, 12 + 3.2 * len(units)))
    axes = figure.subplots()
    draw_on(axes, "overview", units)
    columns = measure(units.select(np.arange(min(len(units), _ROWS))))
    head = "".join(f"<th>{name}</th>" for name in ("unit", "score"))
    head += "".join(f"<th>{label}</th>" for label, _ in _COLUMNS.values())
    rows = ""
    for k in range(min(len(units), _ROWS)):
        cells = [str(units.ids[k]), f"{units.score[k]:.2f}"]
        for name, (_, form) in _COLUMNS.items():
            value = columns[name][k]
            cells.append(form.format(value) if np.isfinite(value) else "-")
        rows += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    more = len(units) - _ROWS
    rest = f"<p>and {more} more: <code>units.to_dataframe()</code></p>" if more > 0 else ""
    table = f"<table><tr>{head}</tr>{rows}</table>{rest}" if len(units) else ""
    return f"<p>{html.escape(repr(units))}</p>{_image(figure, 'overview of the units')}{table}"


def recording_html(recording: Recording) -> str:
    """One line, the velocity map, and the velocity over time."""
    figure = _figure(60.0)
    with styled():
        where, when = figure.subplots(1, 2, width_ratios=[1, 1.6])
        frames, depth, width = recording.velocity.shape
        dz, dx = recording.spacing
        sample = recording.velocity[:: -(-frames // 500)]
        power = np.sqrt(np.mean(np.square(sample, dtype=np.float64), axis=0))
        image = where.imshow(power, cmap="viridis", extent=(0, width * dx, depth * dz, 0))
        figure.colorbar(image, ax=where, label="RMS velocity (mm/s)", shrink=0.8)
        where.set_axis_off()
        length = bar_length(width * dx)
        scale_bar(where, (0, 1.04 * depth * dz), length, f"{length:g} mm")
        where.set(xlim=(0, width * dx), ylim=(depth * dz, 0))
        step = -(-frames // 2000)
        taken = recording.velocity[::step].reshape(-1, depth * width)
        time = np.arange(len(taken)) * step / recording.frame_rate
        when.plot(time, np.sqrt(np.mean(np.square(taken, dtype=np.float64), axis=1)), color="black")
        when.set(xlabel="time (s)", ylabel="RMS velocity (mm/s)", xlim=(0, recording.duration))
    return f"<p>{html.escape(repr(recording))}</p>{_image(figure, 'velocity of the recording')}"


def _figure(height_mm: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PAGE_MM / MM_PER_INCH, height_mm / MM_PER_INCH), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _image(figure: Any, text: str) -> str:
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=120)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{html.escape(text)}' src='data:image/png;base64,{data}'>"
