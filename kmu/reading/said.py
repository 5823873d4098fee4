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
        return [
            decoded(value)
            for name, value in self.attributes.items()
            if plain(name) in UNIT_NAMES or name.startswith("unit ")
        ]

    def number(self, path: Path, dimension: str, option: str) -> float:
        """The one number it says, in kmu's own unit of ``dimension`` ("" for a bare number).

        Raises:
            InputError: if it is none, or its unit is not known.
        """
        values = self.values.ravel()
        where = f"{path}: {self.label!r}"
        if self.unreadable:
            raise InputError(f"{where} is {self._what}, which cannot be read; give {option}")
        if values.size != 1 or values.dtype.kind not in "fiuUSOV":
            what = f"an array of shape {self.values.shape}" if values.size != 1 else values.dtype
            raise InputError(f"{where} should be one number but is {what}; give {option}")
        if values.dtype.kind not in "fiu":
            content = decoded(values[0])
            told = measured(content, dimension) if dimension else None
            if told is None:
                raise InputError(
                    f"{where} should be a number but is the text {content!r}; give {option}"
                )
            return told
        by: dict[float, str] = {}
        for word in self.units:
            known = factor(word, dimension) if dimension else None
            if known is not None:
                by[known] = word
            elif re.sub(r"\W", "", word):
                raise InputError(f"{where} is in {word!r}, a unit that is not known; give {option}")
        if len(by) > 1:
            raise InputError(
                f"{where} is said to be in {' and in '.join(by.values())}; give {option}"
            )
        return float(values[0]) * next(iter(by), 1.0)

    @property
    def _what(self) -> str:
        """What it is instead of something that can be read."""
        kind = str(self.values.ravel()[0])
        return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"

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
        where = f"{path}: {self.label!r}"
        if self.unreadable:
            raise InputError(f"{where} is {self._what}, which cannot be read; give {option}")
        if not self.values.size:
            raise InputError(f"{where} is empty; give {option}")
        texts = texts_of(self.values)
        if texts is None:
            raise InputError(f"{where} should be a text; give {option}")
        if not any(texts):
            raise InputError(f"{where} is empty; give {option}")
        # A text may be stored letter by letter.
        return ("" if max(map(len, texts)) == 1 else ",").join(texts)


def texts_of(values: NDArray[Any]) -> list[str] | None:
    """The texts an array holds, also as bytes or as codes of letters; None if it holds none."""
    flat = values.ravel()
    if values.dtype.kind == "u" and flat.size > 1 and flat.min() > 31 and flat.max() < 0xD800:
        return ["".join(chr(code) for code in flat).strip()]
    return [decoded(value) for value in flat] if values.dtype.kind in "USOV" else None


def decoded(value: Any) -> str:
    """A text, however the file holds it."""
    value = np.asarray(value).ravel()[0] if isinstance(value, np.ndarray) else value
    if isinstance(value, np.void):
        value = value.tobytes()
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            value = value.decode("cp1252", "replace")
    elif isinstance(value, str) and any("\udc80" <= letter <= "\udcff" for letter in value):
        # h5py's way of handing out bytes that are no UTF-8.
        value = value.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return str(value).replace("\0", "").strip()


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
