"""openhdemg's file: JSON, as a rule compressed by gzip, of which every value is itself JSON."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from kmu.errors import InputError
from kmu.reading.contents import damaged
from kmu.reading.emg.units import EmgUnits, by_samples, rate_said

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"


def is_it(path: Path, head: bytes) -> bool:
    """Whether it is compressed or JSON."""
    return head.startswith((_GZIP, b"{", _MARK + b"{", b"["))


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads MUPULSES (samples from 0) and FSAMP (Hz)."""
    with damaged(path, "an openhdemg file"):
        packed = path.read_bytes()
        text = gzip.decompress(packed) if packed.startswith(_GZIP) else packed
        if not text.removeprefix(_MARK).lstrip().startswith((b"{", b"[")):
            raise InputError(
                f"{path} is packed by gzip, but no openhdemg file: unpack it and give the file"
            )
        values = json.loads(text.decode("utf-8-sig"))
        missing = [name for name in ("FSAMP", "MUPULSES") if name not in values]
        if missing:
            raise InputError(f"{path} is JSON, but no openhdemg file: it has no {missing[0]}")
        stated = rate or _rate(path, values["FSAMP"])
        pulses = _value(values["MUPULSES"])
        samples = [np.asarray(item, np.float64).ravel() for item in pulses]
    return by_samples(str(path), samples, stated, first=0)


def _rate(path: Path, stored: Any) -> float:
    try:
        return float(_value(stored))
    except (ValueError, TypeError):
        return rate_said(str(path), "FSAMP", stored)


def _value(stored: Any) -> Any:
    """A value, which openhdemg itself packs as JSON once more and other programs do not."""
    return json.loads(stored) if isinstance(stored, str) else stored
