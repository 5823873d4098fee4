"""One statement of a file: what it says, where it stands, and how it is understood."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.names import UNIT_NAMES, plain
from kmu.reading.quantities import factor, measured

Value = TypeVar("Value")
# Statements may differ by rounding.
_SAME = 0.01


@dataclass(frozen=True)
class Told(Generic[Value]):
    """A value and where it was read: a place in the file, or the option that gave it."""

    value: Value
    place: str


@dataclass(frozen=True)
class Said:
    """One statement of a file.

    Attributes:
        label: its name in the file.
        values: what it says; if ``unreadable``, what it is instead.
        level: how near it stands: 0 for the variable's own attributes, then outwards.
        attributes: what the file says about the statement itself, such as its unit.
        unreadable: whether it is there but cannot be read.
        place: where it stands, in words.
    """

    label: str
    values: NDArray[Any]
    level: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unreadable: bool = False
    place: str = ""

    @property
    def units(self) -> list[str]:
        """The units that the statement's own attributes give it."""
        return [decoded(v) for name, v in self.attributes.items() if plain(name) in UNIT_NAMES]

    def number(self, path: Path, dimension: str, option: str) -> float:
        """The one number it says, in kmu's own unit of ``dimension`` ("" for a bare number).

        Raises:
            InputError: if it is none, or its unit is not known.
        """
        values = self.values.ravel()
        where = f"{path}: {self.label!r}"
        if self.unreadable:
            raise InputError(f"{where} is a {values[0]}, which cannot be read; give {option}")
        if values.size != 1 or values.dtype.kind not in "fiuUSO":
            raise InputError(
                f"{where} should be one number but is an array of shape {self.values.shape}; give "
                f"{option}"
            )
        if values.dtype.kind not in "fiu":
            content = decoded(values[0])
            told = measured(content, dimension) if dimension else None
            if told is None:
                raise InputError(
                    f"{where} should be a number but is the text {content!r}; give {option}"
                )
            return told
        by = 1.0
        for word in self.units:
            known = factor(word, dimension) if dimension else None
            if known is None and re.sub(r"\W", "", word):
                raise InputError(f"{where} is in {word!r}, a unit that is not known; give {option}")
            by = known or 1.0
        return float(values[0]) * by

    def numbers(self, path: Path, dimension: str, option: str) -> list[float]:
        """Each of several numbers, as :meth:`number` understands it."""
        parts = self.values.reshape(-1, 1)
        return [
            Said(self.label, part, self.level, self.attributes).number(path, dimension, option)
            for part in parts
        ]

    def text(self, path: Path, option: str) -> str:
        """The text it says; several are joined by commas.

        Raises:
            InputError: if it is no text.
        """
        if self.unreadable:
            raise InputError(
                f"{path}: {self.label!r} is a {self.values.ravel()[0]}, which cannot be read; "
                f"give {option}"
            )
        if self.values.dtype.kind not in "USO" or not self.values.size:
            raise InputError(f"{path}: {self.label!r} should be a text; give {option}")
        return ",".join(decoded(value) for value in self.values.ravel())


def decoded(value: Any) -> str:
    """A text, however the file holds it."""
    value = np.asarray(value).ravel()[0] if isinstance(value, np.ndarray) else value
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def check_agreement(path: Path, values: Sequence[tuple[str, Any]], option: str) -> None:
    """Refuses statements, each with its label, that contradict the first one.

    Raises:
        InputError: with both values.
    """
    for label, value in values[1:]:
        first = values[0][1]
        if isinstance(first, str):
            same, shown = value == first, (first, value)
        else:
            same, shown = abs(value - first) <= _SAME * abs(first), (f"{first:g}", f"{value:g}")
        if not same:
            raise InputError(
                f"{path} contradicts itself: {values[0][0]} = {shown[0]}, {label} = {shown[1]}; "
                f"give {option}"
            )
