"""One file: its format is told by its first bytes, not by its name."""

from pathlib import Path

from kmu.errors import InputError
from kmu.reading import mat5, pairs
from kmu.reading.contents import Contents
from kmu.reading.foreign import foreign, is_text
from kmu.reading.formats import FORMATS, READABLE


def file_contents(path: Path) -> Contents:
    """Lists what is in a file, with what files of JSON, XML and YAML of its name say beside it.

    Raises:
        InputError: if the file is missing, of an unknown format, or damaged.
    """
    return pairs.with_texts_opened(_listed(path), pairs.beside(path))


def inputs_of(path: Path | None, *more: str | Path | None) -> list[Path]:
    """What is read when a recording is: its file, those that speak of it, and ``more``."""
    given = [path, *more]
    if path is not None:
        given += [other for other in pairs.beside(path) if pairs.speaks(other)]
    return [Path(one) for one in given if one is not None and Path(one).exists()]


def _listed(path: Path) -> Contents:
    try:
        with path.open("rb") as file:
            head = file.read(2048)
    except OSError as error:
        if path.is_symlink() and not path.exists():
            raise InputError(
                f"{path} is a link to {path.readlink()}, which is not there (of git-annex or "
                "DataLad: get it first)"
            ) from error
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    for one in FORMATS:
        if one.tells(head):
            return one.contents(path)
    cause = foreign(head)
    if cause is not None:
        raise InputError(f"{path} is {cause}")
    if path.suffix.casefold() == ".mat" and len(head) > 128 and is_text(head):
        raise InputError(
            f"{path} is text, such as save -ascii writes, which holds two axes only: save it "
            "without -ascii"
        )
    if path.suffix.casefold() == ".mat" and len(head) > 128:
        # The text that it begins with is free.
        return mat5.contents(path)
    raise InputError(
        f"{path} is {'empty' if not head else 'not a recording'}: {READABLE} can be read"
    )
