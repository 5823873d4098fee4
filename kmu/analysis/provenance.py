"""How a result was made: enough to make it again, and to cite it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kmu._version import __version__
from kmu.analysis.likeness.expected import like_this
from kmu.identification.model_hash import model_hash
from kmu.identification.preparation import Preparation
from kmu.identification.resample import FrameSource

# Read at once; files are larger than memory.
_CHUNK_BYTES = 2**22


def provenance(
    source: FrameSource,
    model: Path,
    thresholds: Mapping[str, float],
    *,
    source_hash: str | None,
    block_seconds: float,
    preparation: Preparation | None,
    least_quality: float,
) -> dict[str, Any]:
    """How a result was made, fit for JSON.

    Args:
        source: the recording; all its frames have been read, so that its warnings are known.
        model: the version folder of the model.
        thresholds: of score and firing, as they were applied.
        source_hash: of :func:`file_hash`.
        block_seconds: s, of the blocks that longer recordings are cut in.
        preparation: what was done to the velocity before.
        least_quality: units below it were dropped.

    Returns:
        ``kmu`` (version), ``date`` (UTC), ``model``, ``thresholds``, ``options``, ``source`` and
        ``warnings``.
    """
    path: Path | None = getattr(source, "path", None)
    meta: Mapping[str, Any] = getattr(source, "meta", {})
    names = ("variable", "axes", "kind", "unit", "conversion")
    known = {name: meta[name] for name in names if name in meta}
    prepared = preparation or Preparation()
    return {
        "kmu": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"name": model_name(model), "sha256": model_hash(model)},
        "thresholds": {name: float(value) for name, value in thresholds.items()},
        "options": {
            "block_seconds": float(block_seconds),
            "band_hz": None if prepared.band is None else [float(f) for f in prepared.band],
            "suppress_motion": prepared.motion,
            "motion_order": None if prepared.motion == "none" else prepared.order,
            "least_quality": float(least_quality),
        },
        "source": {
            "file": path.name if path is not None else str(meta.get("file", "")),
            "bytes": sum(part.stat().st_size for part in _files(path)),
            "sha256": source_hash,
            **known,
            "shape": [int(size) for size in source.shape],
            "frame_rate_hz": float(source.frame_rate),
            "spacing_mm": [float(size) for size in source.spacing],
        },
        "warnings": list(getattr(source, "warnings", [])),
    }


def facts(made: Mapping[str, Any]) -> dict[str, str]:
    """The same for a reader: name and sentence."""
    source, options = made["source"], made["options"]
    frames, depth, width = source["shape"]
    rate, (dz, dx) = source["frame_rate_hz"], source["spacing_mm"]
    how = [source.get("variable", "an array"), f"axes {source.get('axes', 'txz')}"]
    how += [str(source[name]) for name in ("kind", "unit") if name in source]
    how += [
        f"{name.replace('_', ' ')} {shown(value)}"
        for name, value in source.get("conversion", {}).items()
    ]
    done = [f"blocks of {options['block_seconds']:g} s"]
    if options["band_hz"]:
        done.append("band {:g} to {:g} Hz".format(*options["band_hz"]))
    if options["suppress_motion"] != "none":
        done.append(f"motion: {options['suppress_motion']} of order {options['motion_order']}")
    if options["least_quality"]:
        done.append(f"units below a quality of {options['least_quality']:g} dropped")
    limits = ", ".join(f"{name} {value:g}" for name, value in made["thresholds"].items())
    told = {
        "recording": ", ".join([source["file"] or "in memory", *how]),
        "length": f"{frames / rate:.4g} s, {frames} frames at {rate:g} Hz",
        "image": f"{depth} x {width} pixels of {dz:g} x {dx:g} mm (depth x lateral)",
        "model": f"{made['model']['name']} (SHA-256 {made['model']['sha256']}...)",
        "thresholds": limits,
        "options": "; ".join(done),
        "made": f"by kmu {made['kmu']}, {made['date']}",
    }
    if "emg" in made:
        emg = made["emg"]
        told["EMG"] = f"{emg['file']}, SHA-256 {emg['sha256']}, offset {emg['offset_s']:g} s" + (
            f", samples at {emg['rate_hz']:g} Hz" if emg["rate_hz"] else ""
        )
    if "emg_clock" in made:
        told["EMG clock"] = made["emg_clock"]["sentence"]
    if "likeness" in made:
        likeness = made["likeness"]
        # Of an own family that the model learned from nothing is kept.
        whose = "of another family" if likeness.get("own") else "that the model learned from"
        told["likeness"] = (
            f"distance {likeness['distance']:.1f} from the recordings {whose} "
            f"(family {likeness['family']}, percentile {likeness['percentile']:.4g})"
        )
        if likeness.get("expected"):
            expected = likeness["expected"]
            told["expected F1"] = (
                f"{expected['f1']:.2f} ({expected['low']:.2f}-{expected['high']:.2f}), by "
                f"simulated recordings {like_this(expected)}"
            )
    if source["sha256"]:
        told["file"] = f"{source['bytes']} bytes, SHA-256 {source['sha256']}"
    return told


def shown(value: Any) -> str:
    """A number, several, or a word of a provenance, as a command has it."""
    parts = value if isinstance(value, list) else [value]
    return " ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in parts)


def model_name(model: Path) -> str:
    """Name and version of a model: its last two folders."""
    return "/".join(model.resolve().parts[-2:])


def file_hash(path: Path | None) -> str | None:
    """SHA-256 of a file, or of all files of a folder one after the other; None for None."""
    return None if path is None else _digest(_files(path))


def _files(path: Path | None) -> list[Path]:
    if path is None:
        return []
    return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]


def _digest(parts: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
