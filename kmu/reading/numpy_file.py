"""NumPy's ``.npy`` and ``.npz`` files."""

import dataclasses
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import Contents, Variable, complex_fields, damaged
from kmu.reading.foreign import foreign_folder
from kmu.reading.unheard import PICKLED

NPY_FORMAT = "a NumPy .npy file"
NPZ_FORMAT = "a NumPy .npz file"


def npy_contents(path: Path) -> Contents:
    """The one array of a .npy file, named after the file; mapped, not loaded.

    Raises:
        InputError: if the file is damaged or holds Python objects.
    """
    with damaged(path, NPY_FORMAT):
        with path.open("rb") as stream:
            _check_plain(path, _header(stream)[1])
        values = np.load(path, mmap_mode="r", allow_pickle=False)

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        # Opened when it is read: a folder may hold more files than a process may hold open.
        with damaged(path, NPY_FORMAT):
            return np.array(np.load(path, mmap_mode="r", allow_pickle=False)[index])

    variable = Variable(path.stem, values.shape, values.dtype, read)
    return Contents(path, NPY_FORMAT, [_as_complex(variable)])


def npz_contents(path: Path) -> Contents:
    """The arrays of a .npz file; each is loaded when it is first read.

    Raises:
        InputError: if the file is damaged.
    """
    variables, unreadable = [], {}
    with damaged(path, NPZ_FORMAT), zipfile.ZipFile(path) as archive:
        if not any(member.endswith(".npy") for member in archive.namelist()):
            if (cause := foreign_folder(archive.namelist())) is not None:
                raise InputError(f"{path} is a zip archive of {cause}")
            listed = ", ".join(archive.namelist()[:3]) or "nothing"
            raise InputError(f"{path} is a zip archive of {listed}: unpack it and give the file")
        for member in archive.namelist():
            if not member.endswith(".npy"):
                continue
            with archive.open(member) as stream:
                shape, dtype = _header(stream)
            name = member.removesuffix(".npy")
            if dtype.kind == "O":
                single = int(np.prod(shape)) == 1
                unreadable[name] = PICKLED if single else "array of pickled Python objects"
            else:
                variables.append(_as_complex(Variable(name, shape, dtype, _Member(path, name))))
    return Contents(path, NPZ_FORMAT, variables, unreadable=unreadable)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that follows."""
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
        # The same, but that names of fields may be in any script.
        (3, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(stream)]
    shape, _, dtype = read(stream)
    return shape, dtype


class _Member:
    """Reads one array of an archive, once."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self._values: NDArray[Any] | None = None

    def __call__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        if self._values is None:
            with damaged(self.path, NPZ_FORMAT), np.load(self.path, allow_pickle=False) as file:
                self._values = file[self.name]
        return np.asarray(self._values[index])


def _as_complex(variable: Variable) -> Variable:
    """A structured array of real and imaginary parts as a complex one."""
    pair = complex_fields(variable.dtype)
    if pair is None:
        return variable

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        values = variable.read(index)
        parts = values[pair[0]].astype(np.float32) + 1j * values[pair[1]].astype(np.float32)
        return np.asarray(parts, np.complex64)

    return dataclasses.replace(variable, dtype=np.dtype(np.complex64), read=read)


def _check_plain(path: Path, dtype: np.dtype[Any]) -> None:
    if dtype.kind == "O":
        raise InputError(
            f"{path} holds pickled Python objects, which kmu does not open; save a plain array of "
            "numbers"
        )
