"""Where results go, and which files each of them consists of."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmu.errors import InputError
from kmu.report.writing import Outputs


@dataclass(frozen=True)
class Written:
    """What is written of every result beside its HDF5 file.

    Attributes:
        figure: the figure's path, or its ending alone (``.pdf``): named after the result; ``none``:
            no figure.
        page: the page's path, ``.html`` for one named after the result, or ``none``.
        exports: keys of ``kmu.writing.FORMATS``.
    """

    figure: str = ".png"
    page: str = ".html"
    exports: tuple[str, ...] = ()

    @classmethod
    def told(
        cls, figure: str | None, page: str | None, exports: Sequence[str], count: int
    ) -> "Written":
        """What a command says of the results of ``count`` recordings.

        Raises:
            InputError: if one file is named for several results.
        """
        made = cls(figure or ".png", page or ".html", tuple(dict.fromkeys(exports)))
        for name, value in (("figure", made.figure), ("report", made.page)):
            if count != 1 and not _is_ending(value) and value != "none":
                raise InputError(
                    f"--{name} {value} goes with one recording; {count} are given: give an ending "
                    "such as .png, or none"
                )
        return made

    def of(self, result: Path) -> Outputs:
        """The files of one result."""
        return Outputs(
            result, _placed(self.figure, result), _placed(self.page, result), self.exports
        )


def _is_ending(name: str) -> bool:
    return name.startswith(".") and Path(name).name == name and name.count(".") == 1


def _placed(name: str, result: Path) -> Path | None:
    if name == "none":
        return None
    return result.with_suffix(name) if _is_ending(name) else Path(name)


def result_names(files: Sequence[Path], output: str | None) -> list[Path]:
    """Where the results of ``kmu identify`` go.

    Args:
        files: the recordings.
        output: a file for one recording, a folder, or None for beside each of them.

    Raises:
        InputError: if one file is named for several results.
    """
    into = Path(output) if output else None
    folder = output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())
    if into is not None and not folder:
        if len(files) == 1:
            return [into]
        if into.suffix in (".h5", ".hdf5"):
            raise InputError(f"{into} is one file for {len(files)} recordings: give -o FOLDER/")
    return named_after(files, [into or file.resolve().parent for file in files])


def below(files: Sequence[Path], base: Path, out: Path | None) -> list[Path]:
    """Where the results of ``kmu batch`` go: in folders named as those of the recordings.

    Args:
        files: the recordings, resolved.
        base: the folder whose inner folders are kept.
        out: takes its place; None: results lie beside the recordings.
    """
    if out is None:
        return named_after(files, [file.parent for file in files])
    return named_after(files, [out / file.parent.relative_to(base) for file in files])


def named_after(files: Sequence[Path], folders: Sequence[Path]) -> list[Path]:
    """``FILE.units.h5`` in a folder for each; trial.mat and trial.npy keep their endings."""
    places = [file.resolve() for file in files]
    names = [
        folder / f"{place.stem}.units.h5" for place, folder in zip(places, folders, strict=True)
    ]
    count = Counter(names)
    return [
        name if count[name] == 1 else name.with_name(f"{place.name}.units.h5")
        for name, place in zip(names, places, strict=True)
    ]


def check_distinct(outputs: Sequence[Outputs]) -> None:
    """Refuses results of several recordings that would be the same file."""
    twice = [path for path, n in Counter(one.result for one in outputs).items() if n > 1]
    if twice:
        raise InputError(
            f"{twice[0]} would be written twice, for recordings of the same name in different "
            "folders: leave out -o, identify one folder at a time, or use kmu batch, which keeps "
            "folders"
        )
