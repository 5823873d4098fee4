"""Arrays as JSON: base64 of small numbers and what one of them is worth."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(values: NDArray[Any], kind: str = "int16") -> dict[str, Any]:
    """An array as ``{"kind", "shape", "scale", "data"}``; value = number times scale.

    Args:
        values: finite numbers; for ``uint8`` none below zero.
        kind: ``int16``, ``int8`` or ``uint8``. The largest value becomes the largest number of
            the kind, so the error is at most 1/65534, 1/254 or 1/510 of it.
    """
    values = np.asarray(values, np.float64)
    most = np.iinfo(kind).max
    largest = float(np.abs(values).max(initial=0.0))
    scale = largest / most if largest else 1.0
    return stored(np.round(values / scale).astype(kind), scale)


def stored(numbers: NDArray[Any], scale: float) -> dict[str, Any]:
    """The same for numbers that are small already."""
    little = numbers.astype(numbers.dtype.newbyteorder("<"))
    return {
        "kind": numbers.dtype.name,
        "shape": list(numbers.shape),
        "scale": scale,
        "data": base64.b64encode(little.tobytes()).decode(),
    }


def cropped(territory: NDArray[np.float32]) -> dict[str, Any]:
    """A territory (Z, X), 0 to 1, as the ``uint8`` of the box it lies in.

    Returns:
        ``top`` and ``left`` of the box beside what :func:`stored` gives; the box may be empty.
    """
    numbers = np.round(255 * territory).astype(np.uint8)
    rows, columns = (np.flatnonzero(numbers.any(axis)) for axis in (1, 0))
    top, left = (int(seen[0]) if seen.size else 0 for seen in (rows, columns))
    bottom, right = (int(seen[-1]) + 1 if seen.size else 0 for seen in (rows, columns))
    box = np.ascontiguousarray(numbers[top:bottom, left:right])
    return {"top": top, "left": left, **stored(box, 1 / 255)}


def numbers(values: NDArray[Any], digits: int) -> list[float | None]:
    """A short array as a list, None for what is not finite."""
    return [
        round(float(value), digits) if np.isfinite(value) else None for value in np.ravel(values)
    ]
