"""The layouts in which scanners keep their frames, brought to (time, depth, lateral).

IQ comes as complex numbers, as two arrays (``IData`` and ``QData``), as an axis of two (the letter
``i`` in ``--axes``) or with both alternating along depth (``--iq-pairs``). Frames of several
transmits may have an axis of their own (the letter ``a``): it is averaged coherently.
"""

import dataclasses
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import statements
from kmu.reading.axes import parse_axes
from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import Converted

# How the two arrays are told apart: the name of the one gives the name of the other.
_PARTNERS = (
    ("I", "Q"), ("i", "q"), ("real", "imag"), ("re", "im"), ("Re", "Im"), ("Real", "Imag"),
    ("inphase", "quadrature"), ("InPhase", "Quadrature"), ("Inphase", "Quadrature"),
)  # fmt: skip


def choose(found: Contents, name: str | None, axes: str | None, kind: str | None) -> Variable:
    """The array that holds the recording; two real ones that are I and Q become one complex one.

    Raises:
        InputError: if there is no such array, or several could be meant.
    """
    if kind == "iq":
        pairs = _pairs(found)
        meant = [pair for pair in pairs if name in (None, pair[0].name, pair[1].name)]
        if len(meant) == 1 and (name or _only_sequences(found, meant[0])):
            return _joined(*meant[0])
    order = _said_axes(found, name) if axes is None else parse_axes(axes)
    more = len(set(order) & set("ia"))
    return found.choose(name, 3 + more if kind in ("iq", "rf", None) else 3)


def only_pair(found: Contents) -> Variable | None:
    """The two arrays that are I and Q as one complex one, if there is no other sequence."""
    pairs = _pairs(found)
    return _joined(*pairs[0]) if len(pairs) == 1 and _only_sequences(found, pairs[0]) else None


def _said_axes(found: Contents, name: str | None) -> str:
    """The axes that the file states of an array of four or five axes; "" if it states none."""
    for variable in found.variables:
        if name in (None, variable.name) and (variable.has_axes(4) or variable.has_axes(5)):
            try:
                return statements.axes(found, variable).value
            except InputError:
                continue
    return ""


def _pairs(found: Contents) -> list[tuple[Variable, Variable]]:
    real = {v.name: v for v in found.variables if v.dtype.kind in "fiu" and len(v.shape) >= 3}
    pairs = []
    for name, variable in real.items():
        for one, other in _PARTNERS:
            # IData, us.I, sigI, data_i, iq_real; a cell {1} and {2} says nothing of I and Q.
            for match in re.finditer(one, name):
                partner = real.get(f"{name[: match.start()]}{other}{name[match.end() :]}")
                if partner is not None and partner.shape == variable.shape:
                    pairs.append((variable, partner))
    return pairs


def _only_sequences(found: Contents, pair: tuple[Variable, Variable]) -> bool:
    return {v.name for v in found.variables if v.is_sequence} <= {v.name for v in pair}


def _joined(real: Variable, imaginary: Variable) -> Variable:
    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        parts = real.read(index), imaginary.read(index)
        return (parts[0].astype(np.float32) + 1j * parts[1].astype(np.float32)).astype(np.complex64)

    return dataclasses.replace(real, dtype=np.dtype(np.complex64), read=read)


def places(chosen: Variable, order: str) -> dict[str, int]:
    """Which axis of the array each letter is; axes of length one beyond those do not count.

    Raises:
        InputError: if there are more or fewer axes than letters.
    """
    shape = chosen.shape
    kept = [axis for axis, size in enumerate(shape) if size > 1 or len(shape) == len(order)]
    if len(kept) != len(order):
        raise InputError(
            f"{chosen.name} has shape {shape}, which {order!r} does not describe: a letter for "
            "each axis is needed"
        )
    return {letter: kept[i] for i, letter in enumerate(order)}


def arranged(
    chosen: Variable,
    order: str,
    frame_rate: float,
    spacing: tuple[float, float],
    alternating: bool = False,
) -> Converted:
    """The array as (time, depth, lateral).

    Args:
        chosen: the array.
        order: a letter for each axis: z, x, t and, where there are such axes, i and a.
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        alternating: I and Q alternate along depth.

    Raises:
        InputError: if an axis called i is not of length two, or depth is not even where it must.
    """
    place = places(chosen, order)
    letters = [letter for letter in "tzxai" if letter in order]
    sizes = [chosen.shape[place[letter]] for letter in letters]
    if "i" in order and sizes[-1] != 2:
        raise InputError(f"the axis called i of {chosen.name} has length {sizes[-1]}, not 2")
    if alternating and sizes[1] % 2:
        raise InputError(f"{chosen.name} has {sizes[1]} rows: I and Q cannot alternate along them")
    single = [axis for axis in range(len(chosen.shape)) if axis not in place.values()]

    def read(start: int, stop: int) -> NDArray[Any]:
        index = [slice(None)] * len(chosen.shape)
        index[place["t"]] = slice(start, stop)
        values = chosen.read(tuple(index))
        turned = values.transpose(*(place[letter] for letter in letters), *single)
        if single:
            turned = turned.reshape(turned.shape[0], *sizes[1:])
        if "i" in order:
            turned = _complex(turned[..., 0], turned[..., 1])
        if alternating:
            turned = _complex(turned[:, 0::2], turned[:, 1::2])
        return turned.mean(axis=3) if "a" in order else turned

    depth = sizes[1] // 2 if alternating else sizes[1]
    return Converted((sizes[0], depth, sizes[2]), frame_rate, spacing, read)


def _complex(real: NDArray[Any], imaginary: NDArray[Any]) -> NDArray[np.complex64]:
    return np.asarray(real.astype(np.float32) + 1j * imaginary.astype(np.float32), np.complex64)
