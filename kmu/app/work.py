"""What the app does with a recording: identify it, and export what was made of the result."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmu.analysis.curation import write_curated
from kmu.analysis.edits import Edit
from kmu.config.analysis import AnalysisOptions
from kmu.identification.served_model import find_model
from kmu.reading import open_recording
from kmu.report import stored_report, write_page
from kmu.report.names import Written
from kmu.report.one_file import identify_file
from kmu.writing import read_result, write_result, written_paths

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Identified:
    """A result in files.

    Attributes:
        count: of motor units.
        warnings: sentences.
        files: names of what was written, the result first.
        page: name of the report page among them.
    """

    count: int
    warnings: list[str]
    files: list[str]
    page: str


def identify(recording: Path, options: Options, model: str | None, result: Path) -> Identified:
    """Identifies a recording and writes result, figure and page.

    Args:
        recording: the file.
        options: what it does not say of itself, as ``kmu.reading.open_recording`` takes it.
        model: as for ``kmu.identify``.
        result: the HDF5 file to write; the others are named after it.

    Raises:
        InputError: if it cannot be read or identified.
    """
    outputs = Written().of(result)
    outputs.check([recording])
    analysis = identify_file(
        recording, outputs, find_model(model), AnalysisOptions(), options, one_recording=True
    )
    warnings = list(analysis.units.provenance["warnings"])
    names = [path.name for path in outputs.paths]
    return Identified(len(analysis.units), warnings, names, result.with_suffix(".html").name)


def export(
    recording: Path, options: Options, result: Path, edits: Sequence[Edit], forms: Sequence[str]
) -> Identified:
    """Applies a curation to a result and writes it in several formats, beside it.

    A curation goes to ``NAME.curated.h5``, with its list and its page; the result stays.

    Args:
        recording: the file in which the units were found.
        options: as for :func:`identify`.
        result: of :func:`identify`.
        edits: the curation; empty for the result as it was found.
        forms: keys of ``kmu.writing.FORMATS``.

    Raises:
        InputError: if an edit is wrong or a format cannot be written.
    """
    place, files = result, []
    if edits:
        place = result.with_name(f"{result.stem}.curated.h5")
        listed = result.with_name(f"{result.stem}.edits.json")
        listed.write_text(f"{json.dumps({'edits': list(edits)}, indent=1)}\n", encoding="utf-8")
        write_curated(result, edits, place)
        page = place.with_suffix(".html")
        write_page(stored_report(place, open_recording(recording, **options)), page)
        files += [place, page, listed]
    else:
        files += [place, place.with_suffix(".html"), place.with_suffix(".png")]
    units, measures = read_result(place)
    for form in forms:
        write_result(units, place, form, measures)
        files += written_paths(place, form)
    names = list(dict.fromkeys(path.name for path in files))
    return Identified(len(units), [], names, place.with_suffix(".html").name)
