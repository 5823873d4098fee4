"""Numbers with their units: ``"0.8 mm"``, ``"5 MHz"``, ``"µm/s"``.

A unit that is not known here is refused by the caller, never taken for another one.
"""

import re

LENGTHS = {"nm": 1e-6, "um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
_LENGTH_WORDS = {
    "nanometer": "nm", "nanometre": "nm", "micrometer": "um", "micrometre": "um", "micron": "um",
    "millimeter": "mm", "millimetre": "mm", "centimeter": "cm", "centimetre": "cm", "meter": "m",
    "metre": "m",
}  # fmt: skip
_RATES = {
    "hz": 1.0,
    "khz": 1e3,
    "mhz": 1e6,
    "ghz": 1e9,
    "fps": 1.0,
    "1/s": 1.0,
    "/s": 1.0,
    "frames/s": 1.0,
    "s^-1": 1.0,
    "s-1": 1.0,
}
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME_WORDS = {
    "sec": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms",
    "milliseconds": "ms", "usec": "us", "microsecond": "us", "microseconds": "us",
    "nanosecond": "ns", "nanoseconds": "ns", "minute": "min", "minutes": "min", "hour": "h",
    "hours": "h", "day": "d", "days": "d",
}  # fmt: skip
# What a number may measure, and the factors to kmu's own unit of it.
DIMENSIONS: dict[str, dict[str, float]] = {
    "length": LENGTHS,  # mm
    "rate": _RATES,  # Hz
    "time": _TIMES,  # s
    "speed": {"m/s": 1.0, "mm/s": 1e-3, "cm/s": 1e-2, "km/s": 1e3, "mm/us": 1e3},  # m/s
}
# A comma is the decimal one, unless three digits behind it could be thousands.
_NUMBER = re.compile(
    r"\s*([-+]?(?:0,\d+|\d+,(?!\d{3}(?!\d))\d+|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*)"
)


def factor(unit: str, dimension: str) -> float | None:
    """What numbers in ``unit`` are multiplied by to be in kmu's own; None if it is not known."""
    plain = plain_unit(unit)
    if dimension == "length":  # the size of a pixel
        plain = re.sub(r"/(pixel|px)$", "", plain)
    return DIMENSIONS[dimension].get(plain)


def measured(text: str, dimension: str) -> float | None:
    """The number of a text such as "0.8 mm", in kmu's own unit; None if it cannot be told.

    A text without a unit is not understood: who writes a number as text may mean anything by it.
    """
    parts = _NUMBER.fullmatch(text)
    by = factor(parts[2], dimension) if parts else None
    return float(parts[1].replace(",", ".")) * by if parts and by is not None else None


def plain_unit(unit: str) -> str:
    """A unit in the one spelling used here, "um/s" for "µm·s⁻¹" or "Micrometers per second"."""
    text = unit.strip().casefold().replace("\u00b5", "u").replace("\u03bc", "u")
    text = re.sub(r"\\[,;]|\\mathrm|[${}]", " ", text)  # what LaTeX adds
    # In brackets, alone or behind what is measured: "[mm/s]", "velocity (mm/s)".
    if inside := re.fullmatch(r"[a-z ]*[\[(]([^\[\]()]+)[\])]", text.strip()):
        text = inside[1]
    text = text.replace("⁻¹", "^-1").replace("\u2212", "-").replace("**", "^")
    text = re.sub(r"[ _]per[ _]", "/", text.strip())
    text = re.sub(r"\^\s*-\s*1", "^-1", text)
    text = re.sub(r"^([nucm]?m)ps$", r"\1/s", text)
    # s^-1, s-1 and 1/s behind a length, however they are joined, are "/s".
    text = re.sub(r"[\s*.·]+([a-z]+)\^?\(?-1\)?$", r"/\1", text)
    parts = [part.strip() for part in text.split("/")]
    return "/".join(_TIME_WORDS.get(part, _length(part)) for part in parts)


def _length(word: str) -> str:
    return _LENGTH_WORDS.get(word, _LENGTH_WORDS.get(word.removesuffix("s"), word))
