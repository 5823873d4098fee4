"""What is in the file, what it says of itself, and the form for what it does not."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from kmu.app.desk import Desk
from kmu.app.looking import Looked, Preview
from kmu.app.words import button, text

_KINDS = {
    "": "as the file says, else velocity",
    "velocity": "velocity",
    "displacement": "displacement",
    "iq": "IQ",
    "rf": "RF",
}


def build(desk: Desk) -> None:
    """Draws all of it."""
    looked = desk.looked
    assert looked is not None
    _contents(looked)
    if len(looked.choices) > 1:
        with ui.element("div").classes("fields"):
            ui.select(
                looked.choices,
                value=looked.chosen,
                label="array that holds the recording",
                on_change=lambda event: desk.look(event.value),
            ).classes("wide")
    _said(looked)
    _axes(desk, looked)
    _form(desk, looked)
    button("Identify", desk.identify, main=True)


def _contents(looked: Looked) -> None:
    arrays = len(looked.arrays)
    with ui.element("details"):
        text("summary", f"{looked.format}: {arrays} array{'' if arrays == 1 else 's'}")
        with ui.element("table"), ui.element("tbody"):
            for row in [*looked.arrays, *((n, "", k) for n, k in looked.unreadable.items())]:
                with ui.element("tr"):
                    text("th", row[0]).props("scope=row")
                    text("td", row[1])
                    text("td", row[2])


def _said(looked: Looked) -> None:
    if looked.said:
        with ui.element("table"), ui.element("tbody"):
            for name, (value, place) in looked.said.items():
                with ui.element("tr"):
                    text("th", name).props("scope=row")
                    text("td", value)
                    text("td", f"read from: {place}")
    else:
        text("p", "The file says nothing about the recording.")
    for sentence in looked.refused:
        text("p", f"Not used, {sentence}", "warning")


def _axes(desk: Desk, looked: Looked) -> None:
    """The order of axes: pictures to choose from, or letters where there are more than three."""
    known = looked.said.get("axes")
    if not looked.previews:
        ui.input(
            "order of axes, a letter each: z depth, x lateral, t time, i I and Q, a transmits"
        ).bind_value(desk.form, "axes").classes("wide")
        return
    told = f"The file says {known[0]}." if known else "The file does not say it."
    text("h3", "Order of axes (z depth, x lateral, t time)")
    text("p", f"{told} In which picture does the muscle lie as the scanner shows it, skin on top?")

    buttons: dict[str, Any] = {}

    def show() -> None:
        chosen = desk.form["axes"] or (known[0] if known else None)
        for axes, made in buttons.items():
            made.props(f"aria-pressed={'true' if axes == chosen else 'false'}")

    def choose(axes: str) -> None:
        desk.form["axes"] = None if desk.form["axes"] == axes else axes
        show()

    with ui.element("div").classes("orders").props('role=group aria-label="Order of axes"'):
        for preview in looked.previews:
            buttons[preview.axes] = _order(preview, choose)
    show()


def _order(preview: Preview, choose: Callable[[str], None]) -> Any:
    made = ui.element("button").props(f'type=button data-axes="{preview.axes}"')
    with made.on("click", lambda: choose(preview.axes), args=[]):
        ui.element("img").props(f'src="{preview.image}" alt="Frame with axes {preview.axes}"')
        text("strong", preview.axes)
        text("span", preview.sizes)
    return made


def _form(desk: Desk, looked: Looked) -> None:
    def number(label: str, field: str, name: str) -> None:
        known = looked.said.get(name)
        ui.number(label, placeholder=known[0] if known else "the file does not say", min=0).props(
            "stack-label"
        ).bind_value(desk.form, field)

    with ui.element("div").classes("fields"):
        number("frame rate (Hz)", "frame_rate", "frame rate")
        number("pixel in depth (mm)", "dz", "pixel size")
        number("pixel across (mm)", "dx", "pixel size")
        ui.select(_KINDS, label="what it holds").bind_value(desk.form, "kind")
        unit = looked.said.get("unit")
        ui.input("unit", placeholder=unit[0] if unit else "mm/s, displacement mm").props(
            "stack-label"
        ).bind_value(desk.form, "unit")
        number("centre frequency (Hz, IQ and RF)", "centre_frequency", "centre frequency")
