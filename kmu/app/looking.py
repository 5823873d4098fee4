"""What is in a dropped file, and one frame of its array in each order of the axes."""

import base64
import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import Variable, contents
from kmu.reading.proposal import propose

# A preview needs no more pixels, and a wrong axis as time may touch all of a large file.
_MOST_PIXELS = 256


@dataclass(frozen=True)
class Preview:
    """One frame in one order of the axes.

    Attributes:
        axes: the order, such as "zxt".
        sizes: what it makes of the array, in words.
        image: PNG as a data URL.
    """

    axes: str
    sizes: str
    image: str


@dataclass(frozen=True)
class Looked:
    """What a file holds and says.

    Attributes:
        format: in words.
        arrays: name, shape and type of each of its arrays.
        unreadable: name and kind of what is no array.
        choices: names of the arrays that could be the recording.
        chosen: the one that the rest is about.
        said: what is told by the file: value and place, by "axes", "frame rate", "pixel size",
            "kind", "unit", "scale", "centre frequency", "sound speed".
        refused: what the file says that cannot be used, sentences.
        complex: whether its values are IQ.
        previews: of ``chosen``; none if it has not three axes.
    """

    format: str
    arrays: list[tuple[str, str, str]]
    unreadable: dict[str, str]
    choices: list[str]
    chosen: str
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    complex: bool = False
    previews: list[Preview] = field(default_factory=list)


def look_into(path: Path, name: str | None = None) -> Looked:
    """Looks at one array of a file.

    Args:
        path: the file.
        name: of the array; the first that could be a recording if None.

    Raises:
        InputError: if the file cannot be read or holds no recording.
    """
    found = contents(path)
    if {"territory", "twitch_train", "firing_times"} <= {item.name for item in found.variables}:
        raise InputError(f"{path} holds motor units that were found already, not a recording")
    sequences = [variable for variable in found.variables if _may_be_recording(variable)]
    if not sequences:
        raise InputError(f"{path} holds no array of numbers with three axes: it is no recording")
    chosen = found.choose(name) if name else sequences[0]
    proposal = propose(found, [chosen], path)
    return Looked(
        format=found.format,
        arrays=[
            (one.name, " x ".join(map(str, one.shape)) or "scalar", str(one.dtype))
            for one in found.variables
        ],
        unreadable=dict(found.unreadable),
        choices=[variable.name for variable in sequences],
        chosen=chosen.name,
        said={about: (value, place) for about, value, place in proposal.said},
        refused=proposal.refused,
        complex=chosen.dtype.kind == "c",
        previews=previews(chosen) if chosen.is_sequence else [],
    )


def _may_be_recording(variable: Variable) -> bool:
    return variable.is_sequence or variable.has_axes(4) or variable.has_axes(5)


def previews(variable: Variable) -> list[Preview]:
    """The middle frame of an array with three axes in each of its six orders.

    Those in which the longest axis is time come first.
    """
    places = [axis for axis, size in enumerate(variable.shape) if size > 1]
    sizes = [variable.shape[axis] for axis in places]
    frames = {time: _frame(variable, places, time) for time in range(3)}
    orders = sorted(
        map("".join, itertools.permutations("zxt")),
        key=lambda axes: (-sizes[axes.index("t")], axes.index("z") > axes.index("x")),
    )
    made = []
    for axes in orders:
        frame = frames[axes.index("t")]
        image = frame if axes.index("z") < axes.index("x") else frame.T
        depth, width, count = (sizes[axes.index(letter)] for letter in "zxt")
        words = f"{depth} deep, {width} across, {count} frames"
        made.append(Preview(axes, words, _png(image)))
    return made


def _frame(variable: Variable, places: list[int], time: int) -> NDArray[Any]:
    """The middle of the array, cut across one of its three axes."""
    index = [slice(None)] * len(variable.shape)
    for k, axis in enumerate(places):
        size = variable.shape[axis]
        half = min(size, _MOST_PIXELS) // 2 if k != time else 0
        start = max(size // 2 - half, 0)
        index[axis] = slice(start, start + 1 if k == time else min(start + _MOST_PIXELS, size))
    block = np.asarray(variable.read(tuple(index)))
    return block.reshape(
        [size for k, axis in enumerate(places) for size in [block.shape[axis]] if k != time]
    )


def _png(image: NDArray[Any]) -> str:
    """Velocity in colours around zero; echoes, which are complex, in grey by their strength."""
    from matplotlib.image import imsave

    if image.dtype.kind == "c":
        strength = 20 * np.log10(np.maximum(np.abs(image), 1e-12))
        top = float(strength.max())
        shown, low, high, colours = strength, top - 50, top, "gray"
    else:
        shown = np.nan_to_num(image.astype(np.float32))
        shown -= np.median(shown)
        high = float(np.quantile(np.abs(shown), 0.99)) or 1.0
        low, colours = -high, "RdBu_r"
    file = io.BytesIO()
    imsave(file, shown, vmin=low, vmax=high, cmap=colours, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
