"""openhdemg's file: JSON, as a rule compressed by gzip, of which every value is itself JSON."""

import gzip
import json
from pathlib import Path

import numpy as np

from kmu.reading.contents import damaged
from kmu.reading.emg.units import EmgUnits, by_samples

_GZIP = b"\x1f\x8b"


def is_it(path: Path, head: bytes) -> bool:
    """Whether it is compressed or a JSON object."""
    return head.startswith((_GZIP, b"{", b"\xef\xbb\xbf{"))


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads MUPULSES (samples from 0) and FSAMP (Hz)."""
    with damaged(path, "an openhdemg file"):
        packed = path.read_bytes()
        text = gzip.decompress(packed) if packed.startswith(_GZIP) else packed
        values = json.loads(text.decode("utf-8-sig"))
        stated = float(json.loads(values["FSAMP"]))
        pulses = json.loads(values["MUPULSES"])
        samples = [np.asarray(item, np.float64).ravel() for item in pulses]
    return by_samples(str(path), samples, rate or stated, first=0)
