"""The page: its parts in order, each drawn anew when its share of the desk has changed."""

from collections import Counter
from importlib.resources import files
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse
from nicegui import app, ui

from kmu.app import getting, saying
from kmu.app.desk import Desk
from kmu.app.dropping import receive, said
from kmu.app.words import button, text

# How often the page looks for news of what is being done.
_TICK_S = 0.2


def add_pages(desk: Desk, key: str, limit: int) -> None:
    """Adds the page and its files to NiceGUI's application.

    Args:
        desk: what they show.
        key: their address begins with it.
        limit: of a dropped file, bytes.
    """

    @app.put(f"/{key}/drop")
    async def drop(request: Request, name: str) -> JSONResponse:
        refused = await receive(request, desk, name, limit)
        return JSONResponse({"refused": refused}, 400 if refused else 200)

    @app.get(f"/{key}/files/{{name}}")
    def file(name: str) -> FileResponse:
        known = [name for made in (desk.found, desk.exported) if made for name in made.files]
        if name not in known:
            raise HTTPException(404)
        return FileResponse(desk.result.parent / name, filename=name)

    @app.get(f"/{key}/report")
    def report() -> FileResponse:
        if desk.found is None:
            raise HTTPException(404)
        pages = [made.page for made in (desk.exported, desk.found) if made]
        return FileResponse(
            desk.result.parent / pages[0],
            media_type="text/html",
            headers={"Cache-Control": "no-store"},
        )

    @ui.page(f"/{key}", title="kmu")
    def page() -> None:
        Screen(desk, key, limit).build()


class Screen:
    """The page in one browser window.

    Args:
        desk: what it shows.
        key: the address of everything begins with it.
        limit: of a dropped file, bytes.
    """

    def __init__(self, desk: Desk, key: str, limit: int) -> None:
        self.desk, self.key, self.limit = desk, key, limit
        self._shown = Counter(desk.changes)
        self._bar: Any = None
        self._doing: Any = None

    def build(self) -> None:
        """Draws everything, and follows the desk from now on."""
        ui.add_css(_file("app.css"))
        ui.add_body_html(f"<script>{_file('app.js')}</script>")
        with ui.element("div").classes("parts"):
            with ui.element("div"):
                text("h1", "Motor units of a recording")
                text("p", "Nothing leaves this machine. What is here is gone when the app ends.")
            with ui.element("section").props('aria-label="Recording"'):
                text("h2", "Recording")
                self._chooser()
                self.seen()
            self.found()
            self.exported()
        ui.timer(_TICK_S, self._follow)

    def _chooser(self) -> None:
        with ui.element("label").classes("drop"):
            text("span", "Drop a file here, or choose one:")
            ui.element("input").props(
                f'type=file data-limit={self.limit} data-said="{said(self.limit)}"'
            )
        text("p", "", "taking message").props("role=status")

    @ui.refreshable_method
    def seen(self) -> None:
        """What is being done, a sentence about what was not, and what is in the file."""
        desk = self.desk
        if desk.recording is not None:
            text("h3", desk.recording.name)
        text("p", desk.message, "message").props("role=status")
        if desk.busy and desk.job is not None:
            with ui.element("div").classes("doing"):
                self._doing = text("span", f"{desk.job.name} ...")
                self._bar = ui.linear_progress(show_value=False).props(
                    f'indeterminate aria-label="{desk.job.name}"'
                )
                button("Cancel", desk.cancel)
        elif desk.looked is not None:
            # Once there are units they are what is looked at.
            with ui.element("details").props("" if desk.found else "open"):
                text("summary", "What is in it")
                saying.build(desk)

    @ui.refreshable_method
    def found(self) -> None:
        """The living report, in a frame, and what can be done with it."""
        if self.desk.found is not None:
            getting.build_report(self.desk, self.key)

    @ui.refreshable_method
    def exported(self) -> None:
        """Links to what can be saved."""
        if self.desk.exported is not None:
            getting.build_files(self.desk.exported, self.key)

    def _follow(self) -> None:
        """Shows what has changed on the desk since."""
        desk = self.desk
        desk.follow()
        for part in ("seen", "found", "exported"):
            if self._shown[part] != desk.changes[part]:
                self._shown[part] = desk.changes[part]
                getattr(self, part).refresh()
        job = desk.job
        if job is not None and not job.done and job.share is not None and self._bar is not None:
            self._doing.set_content(f"{job.name}: {job.doing}, {job.share:.0%}")
            self._bar.props(remove="indeterminate").set_value(job.share)


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
