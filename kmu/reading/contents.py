"""What is in a file: its arrays, and what it says about axes, frame rate and pixel size."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError

# Names under which labs keep these numbers, compared without case and underscores.
FRAME_RATE_NAMES = (
    "framerate", "fs", "fps", "framespersecond", "samplingrate", "samplingfrequency", "framehz",
)  # fmt: skip
DEPTH_NAMES = ("dz", "axialspacing", "spacingz", "pixelsizez", "deltaz")
LATERAL_NAMES = ("dx", "lateralspacing", "spacingx", "pixelsizex", "deltax")
SPACING_NAMES = ("spacing", "pixelsize", "pixelspacing")
AXES_NAMES = ("axes", "axisorder", "dimensionorder")
KIND_NAMES = ("kind", "quantity")
FIRST_FRAME_NAMES = ("firstframe",)
UNIT_NAMES = ("unit", "units")
TIME_NAMES = ("time", "times", "timestamps", "timestamp", "timevector", "t")
CENTER_NAMES = ("centerfrequency", "centrefrequency", "fc", "f0")
SOUND_NAMES = ("soundspeed", "speedofsound", "c0")


@dataclass(frozen=True)
class Variable:
    """One array of a file.

    Attributes:
        name: as the user names it; parts of a struct or group are joined by "." or "/".
        shape: as the program that wrote the file shows it (MATLAB's order for MATLAB files).
        dtype: of its values; complex for IQ.
        read: takes one slice per axis of ``shape`` and returns that part as an array.
        attributes: what the file says about this variable alone.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[tuple[slice, ...]], NDArray[Any]]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> NDArray[Any]:
        """The whole array."""
        return self.read(tuple(slice(None) for _ in self.shape))

    @property
    def is_sequence(self) -> bool:
        """Whether it could be an image sequence: numbers, three axes longer than one."""
        return self.dtype.kind in "fiuc" and sum(size > 1 for size in self.shape) == 3


@dataclass(frozen=True)
class Contents:
    """All arrays of a file.

    Attributes:
        path: the file.
        format: the format's name in words.
        variables: its arrays, in the file's order.
        notes: what the file says of itself as a whole (HDF5 attributes, known schemas).
        unreadable: names and types of what no recording can be in.
    """

    path: Path
    format: str
    variables: list[Variable]
    notes: Mapping[str, Any] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def choose(self, name: str | None) -> Variable:
        """The variable called ``name``, or the only one that can be an image sequence.

        Raises:
            InputError: if there is no such variable, or none or several could be meant.
        """
        if name is not None:
            for variable in self.variables:
                if variable.name == name:
                    return variable
            if name in self.unreadable:
                raise InputError(
                    f"{self.path}: {name!r} is a {self.unreadable[name]}; an array of numbers is "
                    "needed"
                )
            raise InputError(
                f"{self.path} has no variable {name!r}; it has {self.listing() or 'none'}"
            )
        sequences = [variable for variable in self.variables if variable.is_sequence]
        if len(sequences) == 1:
            return sequences[0]
        if not sequences:
            raise InputError(
                f"{self.path} holds no array of numbers with three axes; it has "
                f"{self.listing() or 'no arrays'}"
            )
        raise InputError(
            f"{self.path} holds several arrays that could be meant "
            f"({', '.join(v.name for v in sequences)}); name one with --variable"
        )

    def listing(self) -> str:
        """The variables and their shapes, in one line."""
        known = [f"{v.name} {'x'.join(map(str, v.shape)) or 'scalar'}" for v in self.variables]
        shown = known + [f"{name} ({kind})" for name, kind in self.unreadable.items()]
        return ", ".join(shown[:20]) + (", ..." if len(shown) > 20 else "")

    def number(self, names: tuple[str, ...], beside: Variable) -> float | None:
        """A scalar the file gives under one of ``names``, or None.

        What stands nearest to the variable counts first: its own attributes, then its struct or
        group, then the file.

        Raises:
            InputError: if the file gives something under that name that is not one number.
        """
        found = self.array(names, beside)
        if found is None:
            return None
        label, values = found
        if values.size != 1 or values.dtype.kind not in "fiu":
            raise InputError(
                f"{self.path}: {label!r} should be one number but is {_describe(values)}; give it "
                "as an option"
            )
        return float(values.ravel()[0])

    def text(self, names: tuple[str, ...], beside: Variable) -> str | None:
        """A text the file gives under one of ``names``, or None."""
        found = self.array(names, beside)
        if found is None:
            return None
        values = found[1]
        if values.dtype.kind == "S":
            return bytes(values.ravel()[0]).decode("utf-8", "replace").strip()
        if values.dtype.kind in "UO" and values.size:
            return str(values.ravel()[0]).strip()
        return None

    def array(
        self, names: tuple[str, ...], beside: Variable, length: int | None = None
    ) -> tuple[str, NDArray[Any]] | None:
        """What the file gives under one of ``names`` (name and values), or None.

        Args:
            names: in plain form.
            beside: the variable it is about.
            length: look for a vector of this length; a number or a short array otherwise.
        """
        for label, value in beside.attributes.items():
            if plain(label) in names:
                return label, np.asarray(value)
        for parent in _parents(beside.name):
            for variable in self.variables:
                label = variable.name
                if not label.startswith(parent) or plain(label[len(parent) :]) not in names:
                    continue
                size = int(np.prod(variable.shape))
                if variable is not beside and (size == length if length else size <= 64):
                    return label, variable.values()
        for label, value in self.notes.items():
            if plain(label) in names:
                return label, np.asarray(value)
        return None


def plain(name: str) -> str:
    """A name without case, underscores, blanks and dashes, for comparing."""
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "")


def _parents(name: str) -> list[str]:
    """The prefixes of the struct or group a variable is in, nearest first; "" is the file."""
    ends = [i + 1 for i, letter in enumerate(name) if letter in "./"]
    return [name[:end] for end in reversed(ends)] + [""]


def _describe(values: NDArray[Any]) -> str:
    if values.dtype.kind in "USO":
        return f"the text {str(values.ravel()[0]) if values.size else ''!r}"
    return f"an array of shape {values.shape}"


@contextmanager
def damaged(path: Path, what: str) -> Iterator[None]:
    """Turns any failure of a third-party parser on ``path`` into one sentence.

    Parsers of binary formats raise nearly every kind of error on damaged bytes (zlib, struct,
    index, memory); all of them mean the same to the user.
    """
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(
            f"{path} asks for more memory than there is: damaged, or too large for {what}"
        ) from error
    except Exception as error:
        raise InputError(f"{path} cannot be read as {what}: damaged or truncated") from error
