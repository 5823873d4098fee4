"""Whether an array can be a recording of the stated kind: by its shape, and by some frames."""

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.axes import check_rest
from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import KINDS
from kmu.reading.source import RecordingSource

# In fewer frames coarse numbers may stay the same by chance.
_FRAMES = 32
# A number that stands for none is so many times larger than any that is measured.
_FAR = 5


def check_numbers(
    found: Contents, chosen: Variable, kind: str, order: str, alternating: bool
) -> None:
    """Refuses what is not a sequence of images of numbers of the stated kind."""
    where = f"{found.path}: {chosen.name!r}"
    pairs = "i" in order or alternating
    if kind not in KINDS:
        raise InputError(
            f"{where} is said to hold {kind!r}; choose from {', '.join(KINDS)} with --kind"
        )
    if chosen.dtype.kind not in "fiuc":
        raise InputError(f"{where} holds {chosen.dtype} values; a recording must hold numbers")
    if chosen.dtype.kind == "c" and kind != "iq":
        raise InputError(f"{where} is complex: if these are IQ frames, say so with --kind iq")
    if kind == "iq" and (chosen.dtype.kind == "c") == pairs:
        raise InputError(
            f"{where} is complex: it has no pairs of I and Q" if pairs else
            f"{where} is not complex: it holds no IQ frames; if I and Q have an axis of their own, "
            "call it i in --axes, if they alternate along depth, say --iq-pairs"
        )  # fmt: skip
    if kind in ("iq", "rf") and chosen.dtype.kind == "u":
        raise InputError(
            f"{where} holds whole numbers without sign ({chosen.dtype}): {kind} swings about zero; "
            "take the offset off and store it with a sign"
        )
    if kind in ("velocity", "displacement") and set(order) & set("ia"):
        raise InputError(f"{where}: axes i and a are those of IQ and RF frames, not of {kind}")
    if 0 in chosen.shape:
        raise InputError(f"{where} is empty: its shape is {chosen.shape}")
    if len(chosen.shape) != len(order) and not chosen.has_axes(len(order)):
        raise InputError(
            f"{where} has shape {chosen.shape}; a recording has three axes: depth, lateral, time"
        )


def check_sample(source: RecordingSource, axes: str, check_axes: bool) -> None:
    """Looks at up to 256 frames of the middle: constant values and exchanged axes."""
    middle = source.shape[0] // 2
    start, stop = max(0, middle - 128), min(source.shape[0], middle + 128)
    sample = source.frames(start, stop)
    if float(sample.min()) != float(sample.max()):
        _check_pixels(sample, source)
        if check_axes:
            check_rest(sample, axes)
        return
    value = float(sample.ravel()[0])
    for low in range(0, source.shape[0], 256):
        part = source.frames(low, min(low + 256, source.shape[0]))
        if float(part.min()) != value or float(part.max()) != value:
            return
    raise InputError(
        f"{source.meta['file']}: {source.meta['variable']} is constant ({value:g} everywhere); "
        "there is nothing to find in it"
    )


def _check_pixels(sample: NDArray[np.float32], source: RecordingSource) -> None:
    """Refuses numbers that stand for "no value" in pixels that are never measured."""
    still = (sample == sample[0]).all(axis=0)
    if len(sample) < _FRAMES or not still.any() or still.all():
        return
    still &= np.abs(sample[0]) > _FAR * np.abs(sample[:, ~still]).max()
    if not still.any():
        return
    values, counts = np.unique(sample[0][still], return_counts=True)
    raise InputError(
        f"{source.meta['file']}: {int(still.sum())} pixels of {source.meta['variable']} hold the "
        f"same number ({values[counts.argmax()]:g}) in all frames; if it stands for no value, say "
        "so by missing_value in the file, or store NaN there"
    )
