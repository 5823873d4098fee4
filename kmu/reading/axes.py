"""Which axis is which: parsing ``--axes`` and catching a wrong order where data can tell.

An axis order cannot be proven right from the data, and a false refusal would be worse than a
missed mistake. So only what no scanner could produce is refused, and the caller can insist
(``check_axes=False``, ``--trust-axes``):

1. an image deeper or wider than 150 mm, or smaller than 2 mm (pixels taken for frames);
2. fewer than 0.25 s of frames (frames taken for pixels);
3. an image more than 80 mm deep and over four times deeper than wide, where the other order of
   depth and lateral gives an ordinary image;
4. an axis called time along which the values do not come to rest, while another one does. Tissue
   that moves to and fro ends where it began: the sum of its velocity over time is small. Along
   depth and lateral, neighbours move together and the sum is large. With n frames and m the mean
   along an axis, q = n <m^2> / <v^2> is 1 for white noise, below 1 for a quantity that comes to
   rest, far above it for one that does not. Refused if q > 3 along time, and q < 1 and five times
   smaller along another axis. Slow drift can make q large along time too, but then q is large
   along every axis, and nothing is refused.
"""

import re

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError

_LARGEST_MM = 150.0
_SMALLEST_MM = 2.0
_SHORTEST_S = 0.25


_WORDS = {
    "depth": "z", "axial": "z", "range": "z", "height": "z", "lateral": "x", "width": "x",
    "beam": "x", "line": "x", "scanline": "x", "time": "t", "frame": "t", "angle": "a",
    "transmit": "a", "iq": "i", "complex": "i",
}  # fmt: skip


def letter_of(name: str) -> str:
    """The letter of an axis that is called by its letter or a word; "" if it is not known."""
    word = name.strip().casefold()
    if word in ("z", "x", "t"):
        return word
    return _WORDS.get(word, _WORDS.get(word.removesuffix("s"), ""))


def parse_axes(axes: str) -> str:
    """Returns a permutation of "zxt" in lower case; "i" and "a" may be among them.

    Raises:
        InputError: if it is not one.
    """
    # What is behind a name in brackets is its unit: "time (s)".
    text = re.sub(r"(?<=\w) ?[(\[][^()\[\],]*[)\]]", " ", axes.strip().casefold())
    words = re.sub(r"[\s,;/|\u00d7()\[\]{}'\"]+", " ", text).split()
    order = _order(words) or _order([word for word in words if word not in ("x", "by", "*")])
    if not order:
        raise InputError(
            f"axes {axes!r} is not an order of the three letters z (depth), x (lateral) and "
            "t (time), such as zxt (further axes: i for I and Q, a for transmits to be averaged)"
        )
    return order


def _order(words: list[str]) -> str:
    """The letters of an order of axes, "" if it is none."""
    order = "".join(letter_of(word) or word for word in words)
    whole = sorted(set(order) - set("ia")) == sorted("zxt") and len(set(order)) == len(order)
    return order if whole else ""


def check_extent(
    shape: tuple[int, int, int], frame_rate: float, spacing: tuple[float, float], axes: str
) -> None:
    """Refuses shapes that no recording can have (points 1 to 3 of this module).

    Args:
        shape: (T, Z, X) under the stated axes.
        frame_rate: Hz.
        spacing: (dz, dx) in mm.
        axes: as stated, for the message.

    Raises:
        InputError: if the order of axes, the frame rate or the spacing must be wrong.
    """
    frames, depth, width = shape
    for name, pixels, size in (("deep", depth, spacing[0]), ("wide", width, spacing[1])):
        extent = pixels * size
        if not _SMALLEST_MM <= extent <= _LARGEST_MM:
            raise InputError(
                f"with axes {axes!r} the image is {pixels} pixels of {size:g} mm = {extent:.4g} mm "
                f"{name}, which no muscle scan is; check --axes and --spacing"
            )
    if frames / frame_rate < _SHORTEST_S:
        raise InputError(
            f"with axes {axes!r} the recording has {frames} frames = {frames / frame_rate:.3g} s "
            f"at {frame_rate:g} Hz, shorter than {_SHORTEST_S:g} s; check --axes and --frame-rate"
        )
    deep, wide = depth * spacing[0], width * spacing[1]
    turned = (width * spacing[0]) / (depth * spacing[1])
    if deep > 80 and deep / wide > 4 and 1 / 3 < turned < 3:
        raise InputError(
            f"with axes {axes!r} the image is {deep:.4g} mm deep and {wide:.4g} mm wide; depth and "
            "lateral seem to be exchanged, check --axes (--trust-axes to insist)"
        )


def check_rest(velocity: NDArray[np.float32], axes: str) -> None:
    """Refuses a time axis along which nothing comes to rest while another does (point 4).

    Args:
        velocity: (T, Z, X).
        axes: as stated, for the message.

    Raises:
        InputError: if time is probably not where the axes say.
    """
    power = float(np.mean(np.square(velocity), dtype=np.float64))
    if power == 0:
        return
    rest = [
        velocity.shape[axis]
        * float(np.mean(np.square(velocity.mean(axis=axis, dtype=np.float64))))
        / power
        for axis in range(3)
    ]
    other = 1 if rest[1] < rest[2] else 2
    if rest[0] > 3 and rest[other] < 1 and rest[other] < rest[0] / 5:
        name = ("", "depth (z)", "lateral (x)")[other]
        raise InputError(
            f"with axes {axes!r} the values move to and fro along {name} and not along time (t); "
            "the axes seem to be exchanged, check --axes (--trust-axes to insist)"
        )
