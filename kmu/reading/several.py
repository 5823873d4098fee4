"""Which recordings a path names: a file, a folder that is one recording, or a folder of several."""

import re
from pathlib import Path

import h5py

from kmu.errors import InputError
from kmu.progress import say
from kmu.reading.contents import Variable
from kmu.reading.folder import check_folder
from kmu.reading.formats import READABLE
from kmu.reading.single import file_contents
from kmu.recording import ENDINGS

# What cannot be read says nothing about the other files; a few are looked at.
_TRIED = 3


def recordings_of(path: Path, variable: str | None = None, axes: str | None = None) -> list[Path]:
    """The recordings that a path names, sorted.

    A folder is one recording if its files hold one image each, or if they hold several, ``axes``
    says how to join them and their names differ in numbers only. Else each of its files is a
    recording, and each folder of images in it; results of kmu are left out.

    Args:
        path: file or folder.
        variable: name of the array in each file.
        axes: as for ``open_recording``.

    Raises:
        InputError: if a folder holds no recordings.
    """
    if not path.is_dir():
        return [path]
    check_folder(path)
    files = _files(path)
    images = _hold_images(files, variable)
    if images or (images is None and _numbered(files)):
        return [path]
    if axes is not None and _numbered(files):
        say(
            f"{path}: its {len(files)} numbered files are read as stretches of one recording; "
            "name the files themselves where each is a recording"
        )
        return [path]
    folders = [
        inner
        for inner in sorted(path.iterdir())
        if inner.is_dir() and inner.name[0] != "." and _hold_images(_files(inner), variable)
    ]
    found = [file for file in files if not _is_result(file)] + folders
    if not found:
        raise InputError(
            f"{path} holds no recordings: {READABLE}, and folders of numbered ones, can be read"
        )
    return found


def recordings_below(
    folder: Path, variable: str | None = None, axes: str | None = None
) -> list[Path]:
    """The recordings of a folder and of all folders in it, sorted; hidden ones are left out.

    Args:
        folder: as a folder of :func:`recordings_of`.
        variable: as there.
        axes: as there.
    """
    try:
        found = recordings_of(folder, variable, axes)
    except InputError:
        found = []
    if found == [folder]:
        return found
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."]
    for path in inner:
        if path not in found:
            found = [*found, *recordings_below(path, variable, axes)]
    return found


def _files(folder: Path) -> list[Path]:
    """The files that could be recordings, without what ``kmu identify`` wrote beside them."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.casefold() in ENDINGS
        and path.name[0] != "."
        and ".units" not in path.name
        and path.is_file()
    )


def _hold_images(files: list[Path], variable: str | None) -> bool | None:
    """Whether files hold one image each; None if none of those tried can be read."""
    for file in files[:_TRIED]:
        try:
            inside = file_contents(file).variables
        except InputError:
            continue
        sizes = [_axes(one) for one in inside if variable in (None, one.name)]
        return max(sizes, default=0) == 2
    return None if files else False


def _axes(variable: Variable) -> int:
    """How many axes of an array of numbers are longer than 1."""
    return sum(size > 1 for size in variable.shape) if variable.dtype.kind in "fiuc" else 0


def _numbered(files: list[Path]) -> bool:
    """Whether there are several names and they differ in numbers only."""
    names = {re.sub(r"\d+", "#", file.name) for file in files}
    return len(files) > 1 and len(names) == 1 and "#" in names.pop()


def _is_result(path: Path) -> bool:
    if not h5py.is_hdf5(path):
        return False
    try:
        with h5py.File(path) as file:
            return bool(file.attrs.get("kind") == "motor_units")
    except OSError:  # damaged: what reads it says so
        return False
