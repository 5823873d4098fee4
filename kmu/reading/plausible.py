"""Whether numbers can be what they are said to be: pictures taken for velocity, wrong units.

Only what no muscle does is spoken of: velocities whose median amplitude lies outside 0.0001 to
200 mm/s, displacements of more than 20 mm. Whole numbers of a picture's range (no negative ones,
or one byte) have a scale that the file must give: what they stand for cannot be told from them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.conversion import UNITS

_SLOWEST, _FASTEST = 1e-4, 200.0
_FURTHEST_MM = 20.0


def check_counts(
    values: NDArray[Any], dtype: np.dtype[Any], where: str, in_unit: bool, hints: str
) -> None:
    """Refuses values that are counts of a picture or a converter, whose scale is not known.

    Args:
        values: some frames as the file has them.
        dtype: of the array in the file.
        where: file and variable, for messages.
        in_unit: whether file or caller say in which unit the numbers are.
        hints: what beside the numbers may be their scale, in words.

    Raises:
        InputError: if no velocity or displacement looks like this without a scale.
    """
    counts = dtype.kind == "u" or (dtype.kind == "i" and dtype.itemsize == 1)
    if dtype.kind in "fi" and not counts and values.size:
        few = values[:: max(len(values) // 16, 1)]
        few = few[np.isfinite(few)]
        counts = bool(few.size and np.abs(few).max() > 1)
        counts = counts and (not in_unit or bool(hints) or bool(few.min() >= 0))
        counts = counts and bool((few == few.round()).all())
    if not counts or not values.size or values.min() == values.max():
        return
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    hints = f"; is it {hints}?" if hints else ""
    raise InputError(
        f"{where} holds whole numbers ({low:g} to {high:g}, stored as {dtype}), as pictures and "
        "converters do: what one count stands for must be said, by scale_factor and add_offset in "
        "the file or --scale FACTOR OFFSET (velocity = FACTOR * value + OFFSET; for bytes 0 to 255 "
        f"that mean -v to +v: v/127.5 and -v), or by a unit{hints}"
    )


def odd_magnitude(values: NDArray[np.float32], kind: str, unit: str) -> str | None:
    """A sentence if values in mm/s or mm are of a size that no muscle has, or None.

    Args:
        values: some frames, as velocity in mm/s or displacement in mm.
        kind: "velocity" or "displacement".
        unit: that was taken for the file's own.
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not sizes.size:
        return None
    if kind == "displacement":
        size, low, high = float(sizes.max()), 0.0, _FURTHEST_MM
        what, own = f"displacement reaches {size:.3g} mm", "mm"
    else:
        size, low, high = float(np.median(sizes)), _SLOWEST, _FASTEST
        what, own = f"the median speed is {size:.3g} mm/s", "mm/s"
    if low <= size <= high:
        one_sided = kind == "velocity" and bool(np.min(values[np.isfinite(values)]) >= 0)
        return "no velocity is negative: is it a speed or a picture?" if one_sided else None
    # The unit nearest to the stated one that would bring the values into the range.
    usual = [u for u in UNITS if u.endswith("/s") == (own == "mm/s") and "/f" not in u]
    usual = [u for u in usual if u.count("/") == own.count("/")]
    factors = {u: UNITS[u] / UNITS.get(unit, 1.0) for u in usual}
    fitting = [u for u in usual if max(low, 1e-2) <= size * factors[u] <= min(high, 20.0)]
    likely = min(fitting, key=lambda u: abs(np.log(factors[u])), default=None)
    hint = f"; is it in {likely} (--unit {likely})?" if likely else ""
    return f"{what} if its unit is {unit}, which no muscle shows{hint}"
