"""What is in a file: its arrays, and what it says about axes, frame rate and pixel size."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.names import bare, meant, plain, unit_names
from kmu.reading.said import Said

_PARTS = (("real", "imag"), ("r", "i"), ("re", "im"), ("i", "q"), ("real", "imaginary"))
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
        places: where those were read that are no attributes of the array itself.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[tuple[slice, ...]], NDArray[Any]]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

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

    def all_said(
        self, names: tuple[str, ...], beside: Variable, length: int | None = None
    ) -> list[Said]:
        """Everything the file gives under one of ``names``, the nearest first.

        What stands nearest to the variable comes first: its own attributes, then its struct or
        group, then the file. One that is there but cannot be read (an object of MATLAB, a broken
        link) is among them.

        Args:
            names: in plain form.
            beside: the variable it is about.
            length: look for a vector of this length; a number or a short array otherwise.
        """

        def fits(value: Any) -> bool:
            return length is None or np.size(value) == length

        said = []
        for label, value in beside.attributes.items():
            unit = meant(label, names)
            if unit is not None and fits(value):
                place = beside.places.get(label, _place(label, beside.name))
                attributes = {**_unit(unit), **_units_of(label, beside.attributes)}
                said.append(Said(label, np.asarray(value), 0, attributes, place=place))
        around = parents(beside.name)
        for level, parent in enumerate(around, 1):
            for variable in self.variables:
                label = variable.name
                if not label.startswith(parent) or variable is beside:
                    continue
                unit, size = meant(label[len(parent) :], names), int(np.prod(variable.shape))
                if unit is not None and (size == length if length else size <= 64):
                    values, place = variable.values(), variable.places.get("", label)
                    attributes = {**_unit(unit), **variable.attributes}
                    attributes |= self._units_beside(label, parent)
                    said.append(Said(label, values, level, attributes, place=place))
            for label, kind in self.unreadable.items():
                inside = length is None and label.startswith(parent)
                if inside and meant(label[len(parent) :], names) is not None:
                    said.append(Said(label, np.array(kind, object), level, unreadable=True))
        for label, value in self.notes.items():
            unit = meant(label, names)
            if unit is not None and fits(value):
                place, far = _place(label, "the file"), len(around) + 1
                attributes = {**_unit(unit), **_units_of(label, self.notes)}
                said.append(Said(label, np.asarray(value), far, attributes, place=place))
        return said

    def _units_beside(self, label: str, parent: str) -> dict[str, Any]:
        """What texts in the same struct or group say of the unit of a variable."""
        names = unit_names(label[len(parent) :])
        return {
            f"unit {variable.name}": variable.values()
            for variable in self.variables
            if variable.dtype.kind == "U"
            and variable.name.startswith(parent)
            and plain(bare(variable.name[len(parent) :])) in names
        }

    def of_others(self, beside: Variable) -> set[str]:
        """The structs and groups that hold a sequence, but not ``beside``."""
        busy = {parents(v.name)[0] for v in self.variables if v.is_sequence}
        return busy - set(parents(beside.name))

    def elsewhere(self, names: tuple[str, ...], beside: Variable) -> list[Said]:
        """What structs and groups that ``beside`` is not in, and that hold no sequence, say."""
        own, others = set(parents(beside.name)), self.of_others(beside)
        said = []
        for variable in self.variables:
            parent = parents(variable.name)[0]
            if parent in own or parent in others or np.prod(variable.shape) > 64:
                continue
            if meant(variable.name[len(parent) :], names) is not None:
                values = variable.values()
                said.append(Said(variable.name, values, len(own) + 2, place=variable.name))
        return said


def _place(label: str, of: str) -> str:
    """Where an attribute stands, or an entry of a text that is one."""
    head, _, entry = label.rpartition(": ")
    return f"{entry} in {head}" if head else f"attribute {label} of {of}"


def _units_of(label: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What other attributes say of the unit of one of them."""
    names = unit_names(label)
    return {
        f"unit {other}": value for other, value in attributes.items() if plain(bare(other)) in names
    }


def _unit(unit: str) -> dict[str, str]:
    """The unit at the end of a name, as an attribute beside one called "unit"."""
    return {"unit_": unit} if unit else {}


def parents(name: str) -> list[str]:
    """The prefixes of the struct or group a variable is in, nearest first; "" is the file."""
    ends = [i + 1 for i, letter in enumerate(name) if letter in "./"]
    return [name[:end] for end in reversed(ends)] + [""]


def complex_fields(dtype: np.dtype[Any]) -> tuple[str, str] | None:
    """The fields of a structured type that are real and imaginary parts, or I and Q."""
    fields = {name.casefold(): name for name in dtype.names or ()}
    for real, imaginary in _PARTS:
        numbers = len(fields) == 2 and real in fields and imaginary in fields
        if numbers and all(dtype[name].kind in "fiu" for name in fields.values()):
            return fields[real], fields[imaginary]
    return None


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
