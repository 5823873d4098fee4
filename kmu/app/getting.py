"""The report in a frame, where units are curated, and what is written of it to be saved."""

from importlib.util import find_spec
from urllib.parse import quote

from nicegui import ui

from kmu.app.desk import Desk
from kmu.app.words import button, text
from kmu.app.work import Identified
from kmu.writing import FORMATS

# The curation as the report in the frame has it now; it need not ask any more before it is left.
_EDITS = """
const report = document.querySelector('iframe').contentWindow.kmu;
report.change({saved: report.state.edits});
return report.state.edits;
"""


def build_report(desk: Desk, key: str) -> None:
    """Draws the frame and the choice of formats."""
    assert desk.found is not None
    count = desk.found.count
    with ui.element("section").props('aria-label="Report"'):
        text("h2", f"{count} motor unit{'' if count == 1 else 's'}")
        for warning in desk.found.warnings:
            text("p", warning, "warning")
        ui.element("iframe").props(
            f'src="/{key}/report" title="Report: units are looked at and curated here"'
        )
    chosen = {"matlab": True}
    with ui.element("section").props('aria-label="Export"'):
        text("h2", "Export")
        text("p", "With all that is accepted, rejected, merged and edited above.")
        with ui.element("div").classes("fields"):
            for form, (purpose, ending, _) in FORMATS.items():
                if form == "hdf5" or (form == "nwb" and find_spec("pynwb") is None):
                    continue
                ui.checkbox(f"{form} ({ending})").bind_value(chosen, form).tooltip(purpose)

        async def write() -> None:
            edits = await ui.run_javascript(_EDITS, timeout=10)
            desk.export(edits, [form for form, wanted in chosen.items() if wanted])

        button("Export", write, main=True)


def build_files(made: Identified, key: str) -> None:
    """Draws links to files."""
    with ui.element("section").props('aria-label="Files"'):
        text("h2", f"Files of {made.count} motor units")
        text("p", "Save what you want to keep.")
        with ui.element("ul"):
            for name in made.files:
                with ui.element("li"):
                    link = text("a", name)
                    # Not as a string: a name may hold what means something there.
                    link.props["href"] = f"/{key}/files/{quote(name)}"
                    link.props["download"] = name
