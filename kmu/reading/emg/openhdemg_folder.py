"""openhdemg's folder ("module", from 0.2 on): ``manifest.json`` and binary files.

The firings of all units stand one after the other in one file; the manifest gives for each unit
its place in bytes, its length and its type.
"""

import gzip
import json
from pathlib import Path, PureWindowsPath

import numpy as np

from kmu.errors import InputError
from kmu.reading.contents import damaged
from kmu.reading.emg.units import EmgUnits, by_samples

_MANIFEST = "manifest.json"


def is_it(path: Path, head: bytes) -> bool:
    """Whether it is a folder with the manifest."""
    return path.is_dir() and (path / _MANIFEST).is_file()


def read(path: Path, rate: float | None = None) -> EmgUnits:
    """Reads MUPULSES (samples from 0) and FSAMP (Hz)."""
    with damaged(path / _MANIFEST, "the manifest of an openhdemg folder"):
        manifest = json.loads((path / _MANIFEST).read_text(encoding="utf-8-sig"))
        if "MUPULSES" not in manifest:
            raise InputError(f"{path} holds no firings: its manifest has no MUPULSES")
        stated, entry = float(manifest["FSAMP"]["value"]), manifest["MUPULSES"]
        lengths, offsets = entry["lengths"], entry["offsets"]
        types = [np.dtype(text) for text in entry["endian_dtypes"]]
        # Written on Windows it has backslashes.
        place = path.joinpath(*PureWindowsPath(entry["data_file_path"]).parts)
        if not place.resolve().is_relative_to(path.resolve()):
            raise InputError(f"{path}: its manifest names a file outside the folder, {place}")
    if not place.is_file():
        raise InputError(f"{path} is not whole: {place.relative_to(path)} is missing")
    with damaged(place, "the firings of an openhdemg folder"):
        packed = place.read_bytes()
        binary = gzip.decompress(packed) if entry.get("compression") == "gzip" else packed
        samples = [
            np.frombuffer(binary, kind, length, offset).astype(np.float64)
            if length
            else np.zeros(0)
            for length, offset, kind in zip(lengths, offsets, types, strict=True)
        ]
    return by_samples(str(path), samples, rate or stated, first=0)
