"""A folder of numbered files: one image each, or one stretch of the recording each."""

import bisect
import dataclasses
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.progress import Progress
from kmu.reading.contents import Contents, Variable
from kmu.reading.foreign import foreign_folder
from kmu.reading.pairs import with_texts_opened
from kmu.reading.single import file_contents

FORMAT = "a folder of numbered files"
_DIGITS = re.compile(r"\d+")


def contents(folder: Path, name: str | None = None, axes: str | None = None) -> Contents:
    """The files of a folder as one array.

    Files of one image each are stacked along a new last axis, in the order of their numbers (the
    axes are then "zxt" or "xzt"); a number that is missing becomes a frame of NaN, which is
    bridged when it is read. Files of several images each are joined along the axis called t.

    Args:
        folder: with files of one kind whose names hold a number that counts up.
        name: the variable in each file; may be left out where only one can be meant.
        axes: needed for files of several images each.

    Raises:
        InputError: if the files are not of one kind and shape, or parts are missing.
    """
    check_folder(folder)
    numbered = _numbered(folder)
    numbers, paths = list(numbered), list(numbered.values())
    parts = []
    with Progress("looking at files", len(paths), "files") as progress:
        for path in paths:
            inside = file_contents(path)
            found = [v for v in inside.variables if _is_image(v)]
            part = inside.choose(name) if name or len(found) != 1 else found[0]
            parts.append(_light(path, part))
            progress.advance()
    first = parts[0]
    label = name or (first.name if first.name != paths[0].stem else folder.name)
    sample = file_contents(paths[0])
    beside = [variable for variable in sample.variables if variable.name != first.name]
    if len(_thin(first.shape)) == 2:
        joined = _stack(folder, label, numbers, parts)
    else:
        joined = _join(folder, label, numbers, paths, parts, axes)
    whole = Contents(folder, FORMAT, [joined, *beside], sample.notes)
    texts = [path for path in folder.glob("*.json") if path.name[0] != "."]
    return with_texts_opened(whole, texts if len(texts) == 1 else [])


def check_folder(folder: Path) -> None:
    """Refuses a folder that is the store of another format.

    Raises:
        InputError: with what it is.
    """
    cause = foreign_folder(path.name for path in folder.iterdir())
    if cause is not None:
        raise InputError(f"{folder} is {cause}")


def _is_image(variable: Variable) -> bool:
    return variable.dtype.kind in "fiuc" and len(_thin(variable.shape)) in (2, 3)


def _thin(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size > 1)


def _numbered(folder: Path) -> dict[int, Path]:
    """The files by number; the commonest suffix counts, hidden files do not."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0] != "."]
    by_suffix: dict[str, list[Path]] = {}
    for path in files:
        if _DIGITS.search(path.stem):
            by_suffix.setdefault(path.suffix.casefold(), []).append(path)
    if not by_suffix:
        raise InputError(f"{folder} holds no numbered files, such as frame_0001.mat")
    chosen = max(by_suffix.values(), key=len)
    return dict(sorted(_counted(folder, chosen).items()))


def _counted(folder: Path, paths: list[Path]) -> dict[int, Path]:
    """The files by the number of their names that counts up: it differs from file to file.

    Names may hold other numbers, such as a date or a rate. Among several that differ the one with
    the fewest gaps counts, and of those the last.
    """
    numbers = [[int(part) for part in _DIGITS.findall(path.stem)] for path in paths]
    if len({len(row) for row in numbers}) > 1:
        numbers = [row[-1:] for row in numbers]
    best: dict[int, Path] = {}
    for column in zip(*numbers, strict=True):
        if len(set(column)) == len(paths):
            found = dict(zip(column, paths, strict=True))
            if not best or max(column) - min(column) <= max(best) - min(best):
                best = found
    if not best:
        seen: dict[int, Path] = {}
        for row, path in zip(numbers, paths, strict=True):
            if row[-1] in seen:
                raise InputError(
                    f"{folder} has two files number {row[-1]}: {seen[row[-1]].name} and {path.name}"
                )
            seen[row[-1]] = path
    return best


@lru_cache(maxsize=64)
def _opened(path: Path, name: str) -> Variable:
    """A variable of one of the files; only so many files are held open at a time."""
    return next(v for v in file_contents(path).variables if v.name == name)


def _light(path: Path, variable: Variable) -> Variable:
    """The same variable, whose file is opened when it is read."""
    name = variable.name

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        return _opened(path, name).read(index)

    return dataclasses.replace(variable, read=read)


def _stack(folder: Path, name: str, numbers: list[int], parts: list[Variable]) -> Variable:
    shape = _thin(parts[0].shape)
    for number, part in zip(numbers, parts, strict=True):
        if _thin(part.shape) != shape or part.dtype.kind != parts[0].dtype.kind:
            raise InputError(
                f"{folder}: file number {number} holds {part.shape} {part.dtype}, the first one "
                f"{shape} {parts[0].dtype}; all must be alike"
            )
    count = numbers[-1] - numbers[0] + 1
    if count > 1.25 * len(numbers):
        raise InputError(
            f"{folder} has {len(numbers)} files numbered {numbers[0]} to {numbers[-1]}; too many "
            "are missing"
        )
    by_frame = dict(zip((number - numbers[0] for number in numbers), parts, strict=True))
    dtype = np.result_type(parts[0].dtype, np.float32)

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        frames = range(*index[2].indices(count))
        result = np.full((*shape, len(frames)), np.nan, dtype)
        for i, frame in enumerate(frames):
            if frame in by_frame:
                result[..., i] = by_frame[frame].values().reshape(shape)
        return result[index[0], index[1]]

    return Variable(name, (*shape, count), dtype, read)


def _join(
    folder: Path,
    name: str,
    numbers: list[int],
    paths: list[Path],
    parts: list[Variable],
    axes: str | None,
) -> Variable:
    if axes is None or "t" not in axes.casefold():
        raise InputError(
            f"{folder} holds files of several images each; give --axes, such as zxt, to join them"
        )
    along = axes.casefold().replace(",", "").index("t")
    missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    if missing:
        raise InputError(f"{folder}: file number {missing[0]} is missing")
    still = [size for i, size in enumerate(parts[0].shape) if i != along]
    for path, part in zip(paths, parts, strict=True):
        if [size for i, size in enumerate(part.shape) if i != along] != still:
            raise InputError(
                f"{path} holds {part.shape}, the first file {parts[0].shape}; they must differ in "
                "their number of frames only"
            )
    ends = np.cumsum([part.shape[along] for part in parts]).tolist()
    shape = list(parts[0].shape)
    shape[along] = ends[-1]

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        start, stop, _ = index[along].indices(ends[-1])
        pieces = []
        for k in range(bisect.bisect_right(ends, start), len(parts)):
            offset = ends[k] - parts[k].shape[along]
            if offset >= stop:
                break
            here = list(index)
            here[along] = slice(max(start - offset, 0), min(stop, ends[k]) - offset)
            pieces.append(parts[k].read(tuple(here)))
        return np.concatenate(pieces, axis=along)

    return Variable(name, tuple(shape), parts[0].dtype, read)
