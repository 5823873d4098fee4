"""The desk: the one recording that lies on it, what is said of it, and what was made of it."""

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.analysis.edits import Edit
from kmu.app.jobs import Job
from kmu.app.looking import Looked, look_into
from kmu.app.work import Identified, export, identify
from kmu.errors import InputError

FIELDS = ("axes", "frame_rate", "dz", "dx", "kind", "unit", "centre_frequency")
# What the form calls the options that sentences of other rooms name.
_LABELS = {"frame-rate": "frame rate", "spacing": "pixel size", "variable": "array"}


class Desk:
    """What the page shows, whoever looks at it.

    Attributes:
        folder: where everything lies until the app ends.
        model: as for ``kmu.identify``.
        recording: the dropped file.
        looked: what is in it.
        form: what the user says of it, by ``FIELDS``; None for what is left to the file.
        job: what is being done now, or was done last.
        message: a sentence to the user.
        found: the result.
        exported: what was written last to be saved.
        changes: how often each part of the page has changed; pages follow it.
    """

    def __init__(self, folder: Path, model: str | None = None) -> None:
        self.folder, self.model = folder, model
        self.changes: Counter[str] = Counter()
        self._clear()

    def _clear(self) -> None:
        self.recording: Path | None = None
        self.looked: Looked | None = None
        self.form: dict[str, Any] = dict.fromkeys(FIELDS)
        self._used: dict[str, Any] = {}
        self.job: Job | None = None
        self.message = ""
        self.found: Identified | None = None
        self.exported: Identified | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self.job is not None and not self.job.done

    @property
    def result(self) -> Path:
        """Where the result is, or will be."""
        if self.recording is None:
            raise InputError("there is no recording yet")
        return self.recording.parent / f"{self.recording.stem}.units.h5"

    def empty(self) -> None:
        """Ends what is being done and removes all there is."""
        if self.job is not None and self.busy:
            self.job.cancel()
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._clear()
        self._changed("seen", "found", "exported")

    def take(self, recording: Path) -> None:
        """Begins with a file that was dropped into a folder of the desk."""
        self.recording = recording
        self.look()

    def refuse(self, sentence: str) -> None:
        """Says why something was not done."""
        self.message = self._plain(sentence)
        self._changed("seen")

    def look(self, array: str | None = None) -> None:
        """Begins to look at an array of the recording, by default at the likeliest."""
        self._begin("looking", look_into, self.recording, array)

    def identify(self) -> None:
        """Begins to identify, with what the form says."""
        try:
            self._used = self.options()
        except InputError as error:
            self.refuse(str(error))
            return
        self.found = self.exported = None
        self._changed("found", "exported")
        self._begin("identifying", identify, self.recording, self._used, self.model, self.result)

    def export(self, edits: Sequence[Edit], forms: Sequence[str]) -> None:
        """Begins to write the result, curated by ``edits``, in some formats."""
        self.exported = None
        self._changed("exported")
        self._begin(
            "exporting", export, self.recording, self._used, self.result, edits, list(forms)
        )

    def options(self) -> dict[str, Any]:
        """The form as ``kmu.reading.open_recording`` takes it.

        Raises:
            InputError: if something is missing that the file does not say either.
        """
        form, said = self.form, self.looked.said if self.looked else {}
        missing = [name for name in self.needed() if name not in said]
        if missing:
            raise InputError(f"The file does not say its {', '.join(missing)}: fill it in.")
        pixel = (form.get("dz"), form.get("dx"))
        if (pixel[0] is None) != (pixel[1] is None):
            raise InputError("The pixel size needs both numbers, in depth and across.")
        several = self.looked is not None and len(self.looked.choices) > 1
        return {
            "variable": self.looked.chosen if several and self.looked else None,
            "axes": form.get("axes") or None,
            "frame_rate": form.get("frame_rate"),
            "spacing": None if pixel[0] is None else pixel,
            "kind": form.get("kind") or None,
            "unit": (form.get("unit") or "").strip() or None,
            "centre_frequency": form.get("centre_frequency"),
        }

    def needed(self) -> list[str]:
        """What neither the form nor a default says, by the names of ``Looked.said``."""
        form = self.form
        kind = form.get("kind") or (self.looked.said.get("kind", ("",))[0] if self.looked else "")
        filled = {
            "axes": form.get("axes"),
            "frame rate": form.get("frame_rate"),
            "pixel size": form.get("dz"),
        }
        if kind in ("iq", "rf"):
            filled["centre frequency"] = form.get("centre_frequency")
        return [name for name, value in filled.items() if not value]

    def follow(self) -> None:
        """Takes in what the job has said since; to be called now and then."""
        job = self.job
        if job is None or job.done or not job.poll():
            return
        if job.refused:
            self.message = self._plain(job.refused)
        elif isinstance(job.result, Looked):
            self.looked = job.result
            self.form = dict.fromkeys(FIELDS)
            self.form["kind"] = "iq" if job.result.complex else ""
        elif job.name == "identifying":
            self.found = job.result
            self._changed("found")
        else:
            self.exported = job.result
            self._changed("exported")
        self._changed("seen")

    def cancel(self) -> None:
        """Kills what is being done."""
        if self.job is not None and self.busy:
            self.job.cancel()
            self.message = f"{self.job.name.capitalize()} was cancelled."
            self._changed("seen")

    def _begin(self, name: str, work: Any, *arguments: Any) -> None:
        if not self.busy:
            self.message = ""
            self.job = Job(name, work, *arguments)
            self._changed("seen")

    def _changed(self, *parts: str) -> None:
        self.changes.update(parts)

    def _plain(self, sentence: str) -> str:
        """A sentence of the command line in the page's words."""
        for place in (self.recording and self.recording.parent, self.folder):
            if place:
                sentence = sentence.replace(f"{place}/", "")
        return re.sub(
            r"--([a-z]+(-[a-z]+)*)",
            lambda option: _LABELS.get(option[1], option[1].replace("-", " ")),
            sentence,
        )
