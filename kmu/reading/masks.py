"""A field of view that is kept as an array beside the recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import Converted
from kmu.reading.names import plain

# True means measured.
_INSIDE = (
    "fov", "fovmask", "fieldofview", "fieldofviewmask", "valid", "validmask", "isvalid",
    "validpixels", "measured", "inside",
)  # fmt: skip
# A mask may hide what is True, as NumPy's does, or what is False, or belong to a muscle.
_UNSURE = ("mask", "masks", "roi", "musclemask", "invalid", "outside", "roimask", "usmask")


def beside(
    found: Contents, chosen: Variable, order: str, image: dict[str, int]
) -> tuple[NDArray[np.bool_] | None, list[str]]:
    """The field of view (Z, X) that the file states, and sentences on masks that are left alone.

    Args:
        found: the file.
        chosen: the recording.
        order: of its axes, in letters.
        image: the number of rows ("z") and columns ("x").
    """
    letters = [letter for letter in order if letter in "zx"]
    shape = tuple(image[letter] for letter in letters)
    said: list[str] = []
    view: NDArray[np.bool_] | None = None
    parent = chosen.name[: max(chosen.name.rfind("."), chosen.name.rfind("/")) + 1]
    for variable in found.variables:
        name = plain(variable.name.removeprefix(parent))
        if variable.shape != shape or name not in (*_INSIDE, *_UNSURE):
            continue
        values = variable.values() if variable.dtype.kind in "biuf" else np.zeros(0)
        both = bool(values.any()) and not bool(values.all())
        if not both or not np.isin(values, (0, 1)).all():
            continue
        if name in _UNSURE:
            said.append(
                f"{variable.name} was left out of account: it is not said whether it marks what "
                "was measured (call it field_of_view if it does, or store NaN elsewhere)"
            )
            continue
        inside = values.astype(bool)
        inside = inside if letters == ["z", "x"] else inside.T
        view = inside if view is None else view & inside
        said.append(
            f"{int((~inside).sum())} of {inside.size} pixels are outside the field of view that "
            f"{variable.name} states"
        )
    return view, said


def applied(given: Converted, view: NDArray[np.bool_] | None) -> Converted:
    """The same without numbers outside the field of view."""
    if view is None:
        return given

    def read(start: int, stop: int) -> NDArray[Any]:
        values = np.asarray(given.read(start, stop))
        values = values if values.dtype.kind in "fc" else values.astype(np.float32)
        # A frame that was lost is zero all over, and stays so.
        shown = np.asarray(values.any(axis=(1, 2), keepdims=True))
        return np.where(view | ~shown, values, values.dtype.type(np.nan))

    return Converted(given.shape, given.frame_rate, given.spacing, read)
