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
# The first ones mean images and nothing else; the others may be the rate of an EMG as well.
FRAME_RATE_NAMES = (
    "framerate", "fps", "framespersecond", "framehz", "imagerate", "volumerate",
)  # fmt: skip
GENERAL_RATE_NAMES = ("fs", "samplingrate", "samplingfrequency", "samplerate", "samplefrequency")
DEPTH_NAMES = ("dz", "axialspacing", "spacingz", "pixelsizez", "deltaz")
LATERAL_NAMES = ("dx", "lateralspacing", "spacingx", "pixelsizex", "deltax")
SPACING_NAMES = ("spacing", "pixelsize", "pixelspacing")
AXES_NAMES = ("axes", "axisorder", "dimensionorder")
KIND_NAMES = ("kind", "quantity")
FIRST_FRAME_NAMES = ("firstframe",)
UNIT_NAMES = ("unit", "units")
TIME_NAMES = ("time", "times", "timestamps", "timestamp", "timevector", "t")
CENTER_NAMES = ("centerfrequency", "centrefrequency", "fc", "f0")
DEMODULATION_NAMES = ("demodulationfrequency", "fdemod")
SCALE_NAMES = ("scalefactor", "rescaleslope", "conversion")
OFFSET_NAMES = ("addoffset", "rescaleintercept", "offset")
FILL_NAMES = ("fillvalue", "missingvalue")
SOUND_NAMES = ("soundspeed", "speedofsound", "c0")


_COUNTS = {3: "three", 4: "four", 5: "five"}


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
        return self.has_axes(3)

    def has_axes(self, count: int) -> bool:
        """Whether it holds numbers and has so many axes longer than one."""
        return self.dtype.kind in "fiuc" and sum(size > 1 for size in self.shape) == count


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

    def choose(self, name: str | None, axes: int = 3) -> Variable:
        """The variable called ``name``, or the only one that can be an image sequence.

        Args:
            name: of the variable; None for the only one.
            axes: how many axes longer than one a sequence has.

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
        sequences = [variable for variable in self.variables if variable.has_axes(axes)]
        if len(sequences) == 1:
            return sequences[0]
        if not sequences:
            number = _COUNTS.get(axes, axes)
            raise InputError(
                f"{self.path} holds no array of numbers with {number} axes; it has "
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

    def array(
        self, names: tuple[str, ...], beside: Variable, length: int | None = None
    ) -> tuple[str, NDArray[Any]] | None:
        """What the file gives under one of ``names`` (name and values), or None.

        What stands nearest to the variable counts first: its own attributes, then its struct or
        group, then the file.

        Args:
            names: in plain form.
            beside: the variable it is about.
            length: look for a vector of this length; a number or a short array otherwise.
        """
        said = self.all_said(names, beside, length)
        return (said[0].label, said[0].values) if said else None

    def all_said(
        self, names: tuple[str, ...], beside: Variable, length: int | None = None
    ) -> list["Said"]:
        """Everything the file gives under one of ``names``, the nearest first.

        One that is there but cannot be read (an object of MATLAB, a broken link) is among them.
        """
        said = [
            Said(label, np.asarray(value), 0)
            for label, value in beside.attributes.items()
            if plain(label) in names and (length is None or np.size(value) == length)
        ]
        parents = _parents(beside.name)
        for level, parent in enumerate(parents, 1):
            for variable in self.variables:
                label = variable.name
                if not label.startswith(parent) or plain(label[len(parent) :]) not in names:
                    continue
                size = int(np.prod(variable.shape))
                if variable is not beside and (size == length if length else size <= 64):
                    said.append(Said(label, variable.values(), level, variable.attributes))
            for label, kind in self.unreadable.items():
                inside = length is None and label.startswith(parent)
                if inside and plain(label[len(parent) :]) in names:
                    said.append(Said(label, np.array(kind, object), level, unreadable=True))
        said += [
            Said(label, np.asarray(value), len(parents) + 1)
            for label, value in self.notes.items()
            if plain(label) in names and (length is None or np.size(value) == length)
        ]
        return said


@dataclass(frozen=True)
class Said:
    """One statement of a file.

    Attributes:
        label: its name in the file.
        values: what it says; if ``unreadable``, what it is instead.
        level: how near it stands: 0 for the variable's own attributes, then outwards.
        attributes: what the file says about the statement itself, such as its unit.
        unreadable: whether it is there but cannot be read.
    """

    label: str
    values: NDArray[Any]
    level: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unreadable: bool = False


def plain(name: str) -> str:
    """A name without case, underscores, blanks and dashes, for comparing."""
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "")


def _parents(name: str) -> list[str]:
    """The prefixes of the struct or group a variable is in, nearest first; "" is the file."""
    ends = [i + 1 for i, letter in enumerate(name) if letter in "./"]
    return [name[:end] for end in reversed(ends)] + [""]


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
