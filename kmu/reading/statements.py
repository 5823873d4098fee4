"""What a file says about a recording, read by one rule.

A statement that cannot be understood is refused, never replaced by a default; two that contradict
each other are refused with both values; an option of the caller counts more than any statement.
Each is handed out with the place where it was read.
"""

from kmu.errors import InputError
from kmu.reading.axes import parse_axes
from kmu.reading.contents import Contents, Variable
from kmu.reading.names import AXES_NAMES, DIMENSION_NAMES
from kmu.reading.said import Told, check_agreement, texts_of
from kmu.reading.unheard import closed


def number(
    found: Contents,
    names: tuple[str, ...],
    beside: Variable,
    dimension: str = "",
    option: str = "an option",
    everywhere: bool = False,
) -> Told[float] | None:
    """The number the file gives under one of ``names``, in kmu's own unit; None if there is none.

    Args:
        found: the file.
        names: in plain form.
        beside: the variable it is about.
        dimension: what it measures, see ``quantities.DIMENSIONS``; "" for a bare number.
        option: what to give instead, for messages.
        everywhere: the names mean nothing else, so statements farther away must agree too.

    Raises:
        InputError: if it is not one number, in a unit that is not known, or contradicted by
            another one.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [one for one in said if everywhere or one.level == said[0].level]
    values = [(one.label, one.number(found.path, dimension, option)) for one in near]
    check_agreement(found.path, values, option)
    return Told(values[0][1], said[0].place)


def text(
    found: Contents, names: tuple[str, ...], beside: Variable, option: str
) -> Told[str] | None:
    """The text the file gives under one of ``names``; several are joined by commas.

    Raises:
        InputError: if what is there is no text, or contradicted by another that stands as near.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [one for one in said if one.level == said[0].level]
    values = [(one.label, one.text(found.path, option)) for one in near]
    check_agreement(found.path, [(label, value.casefold()) for label, value in values], option)
    return Told(values[0][1], said[0].place)


def axes(found: Contents, chosen: Variable) -> Told[str]:
    """The order of axes the file states, in letters.

    Raises:
        InputError: if there is none, it is not understood, or two differ.
    """
    option = "--axes"
    orders: list[tuple[str, str]] = []
    said = found.all_said(AXES_NAMES, chosen) or [
        one for one in found.all_said(DIMENSION_NAMES, chosen) if texts_of(one.values) is not None
    ]
    for one in said:
        try:
            stated = one.text(found.path, option)
            try:
                orders.append((one.label, parse_axes(stated)))
            except InputError as error:
                raise InputError(f"{found.path}: {error}; give {option}") from error
        except InputError:
            # Farther away a name such as "axes" may be about another array.
            if one.level == said[0].level:
                raise
    if not orders:
        hidden = f" ({cause})" if (cause := closed(found, chosen)) else ""
        raise InputError(
            f"{found.path} does not say which axis of {chosen.name} "
            f"({' x '.join(map(str, chosen.shape))}) is which{hidden}; give --axes, such as zxt"
        )
    check_agreement(found.path, orders, option)
    return Told(orders[0][1], said[0].place)
