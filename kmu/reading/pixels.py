"""The size of a pixel as a file says it: numbers, or the positions of rows and columns."""

import re
from collections.abc import Mapping

import numpy as np

from kmu.errors import InputError
from kmu.reading.axes import letter_of
from kmu.reading.contents import Contents, Variable
from kmu.reading.names import (
    DEPTH_FIRST_NAMES,
    DEPTH_NAMES,
    DEPTH_POSITION_NAMES,
    LATERAL_FIRST_NAMES,
    LATERAL_NAMES,
    LATERAL_POSITION_NAMES,
    ORDER_OF_PAIR,
    SPACING_NAMES,
    bare,
    plain,
)
from kmu.reading.quantities import factor
from kmu.reading.said import Said, Told, check_agreement
from kmu.reading.statements import number, text
from kmu.reading.unheard import closed

_OPTION = "--spacing DZ DX"
_POSITIONS = {"z": DEPTH_POSITION_NAMES, "x": LATERAL_POSITION_NAMES}
# Positions without a unit are in m, cm, mm or um.
_LENGTHS = (1.0, 1e-3, 0.1, 1e3)
_EVEN = 0.01


def spacing(
    found: Contents, chosen: Variable, sizes: Mapping[str, int]
) -> Told[tuple[float, float]]:
    """The size of a pixel in depth and across, mm.

    Args:
        found: the file.
        chosen: the array.
        sizes: how many rows ("z") and columns ("x") it has; empty if that is unknown.

    Raises:
        InputError: if the file does not say it, or contradicts itself.
    """
    depth = number(found, DEPTH_NAMES, chosen, "length", _OPTION, everywhere=True)
    width = number(found, LATERAL_NAMES, chosen, "length", _OPTION, everywhere=True)
    depths = [("dz", depth.value)] if depth else []
    widths = [("dx", width.value)] if width else []
    place, odd = "", ""
    for said in found.all_said((*SPACING_NAMES, *DEPTH_FIRST_NAMES, *LATERAL_FIRST_NAMES), chosen):
        if said.unreadable or said.values.size != 2:
            odd = odd or f" ({said.label!r} is {_shown(said)}, not one number for each)"
            continue
        pair = said.numbers(found.path, "length", "--spacing")
        down = 1 if _lateral_first(found, chosen, said) else 0
        depths.append((said.label, pair[down]))
        widths.append((said.label, pair[1 - down]))
        place = place or f"{said.place} ({'lateral, depth' if down else 'depth, lateral'})"
    steps = {axis: _step(found, chosen, axis, count) for axis, count in sizes.items()}
    for axis, stated in (("z", depths), ("x", widths)):
        if (step := steps.get(axis)) is not None:
            _compare(found, stated, *step)
    check_agreement(found.path, depths, _OPTION)
    check_agreement(found.path, widths, _OPTION)
    if not depths or not widths:
        named = [step[0] for step in steps.values() if step is not None]
        hint = f" ({' and '.join(named)} have no unit)" if named and not odd else odd
        hint = hint or (f" ({hidden})" if (hidden := closed(found, chosen)) else "")
        raise InputError(
            f"{found.path} does not say its pixel size{hint}; give {_OPTION} in millimetres"
        )
    if depth is not None and width is not None:
        place = f"{depth.place} and {width.place}"
    return Told((depths[0][1], widths[0][1]), place or f"{depths[0][0]} and {widths[0][0]}")


def _lateral_first(found: Contents, chosen: Variable, said: Said) -> bool:
    """Whether a pair has the lateral size first, by its name or a text beside it.

    Raises:
        InputError: if that text is not understood.
    """
    if plain(bare(said.label)) in LATERAL_FIRST_NAMES:
        return True
    names = tuple(plain(bare(said.label)) + word for word in ORDER_OF_PAIR)
    told = text(found, names, chosen, _OPTION)
    if told is None:
        return False
    words = re.findall(r"\w+", told.value.casefold())
    letters = words[0] if len(words) == 1 else "".join(map(_side, words))
    if letters not in ("zx", "xz"):
        raise InputError(
            f"{found.path}: {told.value!r} is no order of the two numbers of {said.label!r} that "
            f"is known; give {_OPTION}"
        )
    return letters == "xz"


def _side(word: str) -> str:
    """The letter of the axis whose pixel size is called so."""
    if plain(word) in (*DEPTH_NAMES, *LATERAL_NAMES):
        return "z" if plain(word) in DEPTH_NAMES else "x"
    return letter_of(word) or "?"


def _step(
    found: Contents, chosen: Variable, axis: str, count: int
) -> tuple[str, float, float | None] | None:
    """The step of the positions along an axis: what they are, the step, and its unit in mm."""
    for said in found.all_said(_POSITIONS[axis], chosen, length=count):
        if said.values.dtype.kind not in "fiu" or count < 2:
            continue
        steps = np.abs(np.diff(said.values.ravel().astype(np.float64)))
        middle = float(np.median(steps))
        if middle > 0 and (np.abs(steps - middle) <= _EVEN * middle).all():
            units = said.units
            return f"steps of {said.label}", middle, factor(units[0], "length") if units else None
    return None


def _compare(
    found: Contents, stated: list[tuple[str, float]], label: str, step: float, unit: float | None
) -> None:
    """Adds the step of positions to what is stated, or refuses it where it fits in no unit."""
    if unit is not None:
        stated.append((label, step * unit))
        return
    counts = step == 1  # positions that only count pixels
    fits = counts or not stated or any(
        abs(step / (stated[0][1] * by) - 1) <= _EVEN for by in _LENGTHS
    )  # fmt: skip
    if not fits:
        raise InputError(
            f"{found.path} contradicts itself: {stated[0][0]} = {stated[0][1]:g} mm, {label} = "
            f"{step:g}; give {_OPTION}"
        )


def _shown(said: Said) -> str:
    values = said.values.ravel()
    return f"a {values[0]}" if said.unreadable else f"{values[:4].tolist()}"
