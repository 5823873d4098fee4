"""Tracked units as files: HDF5 with all of it, and two tables."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kmu._version import __version__
from kmu.analysis.physiology import discharge_measures
from kmu.files import replacing
from kmu.tracking.pipeline import Tracks

FORMAT_VERSION = 1


def tracks_paths(path: Path) -> list[Path]:
    """What :func:`write_tracks` writes."""
    return [path, path.with_suffix(".csv"), path.with_suffix(".pairs.csv")]


def write_tracks(tracks: Tracks, path: Path) -> None:
    """Writes the tracked units.

    HDF5: ``unit`` (U, R), the id in each recording, -1 where it was not found; ``recordings``
    (U), in how many it was; ``probability`` (U) of its least likely pair, NaN without a match;
    ``pair_probability`` (U, R, R); a group ``registration`` with a group ``I_J`` for each two
    recordings, whose attributes say where the second lies; attributes ``kind``,
    ``format_version``, ``kmu``, ``date``, ``names`` of the recordings.

    ``NAME.csv``: a row a tracked unit, those without a match too. ``NAME.pairs.csv``: a row a pair.

    Raises:
        InputError: if a file cannot be written.
    """
    _, table, pairs = tracks_paths(path)
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(
            kind="tracks",
            format_version=FORMAT_VERSION,
            kmu=__version__,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            names=[seen.name for seen in tracks.seen],
        )
        file["unit"], file["recordings"] = tracks.ids, tracks.recordings
        file["probability"] = tracks.probability
        file["pair_probability"] = tracks.pair_probability
        for (i, j), found in tracks.registration.items():
            group = file.create_group(f"registration/{i + 1}_{j + 1}")
            group.attrs.update(agreement=found.agreement, **found.placement.describe())
    _write(table, *_units(tracks))
    _write(pairs, *_pairs(tracks))


def _units(tracks: Tracks) -> tuple[list[str], list[list[Any]]]:
    count = len(tracks.seen)
    names = [f"{name}_{r + 1}" for name in ("unit", "discharge_rate") for r in range(count)]
    rates = [
        [discharge_measures(times).get("discharge_rate", np.nan) for times in seen.units.firings]
        for seen in tracks.seen
    ]
    rows = []
    for u, (ids, places) in enumerate(zip(tracks.ids, tracks.index, strict=True)):
        units = [int(unit) if unit >= 0 else "" for unit in ids]
        rate = [_shown(rates[r][k]) if k >= 0 else "" for r, k in enumerate(places)]
        least = _shown(tracks.probability[u])
        rows.append([u + 1, int(tracks.recordings[u]), least, *units, *rate])
    return ["track", "recordings", "probability", *names], rows


def _pairs(tracks: Tracks) -> tuple[list[str], list[list[Any]]]:
    head = ["track", "recording_1", "recording_2", "unit_1", "unit_2", "probability", "overlap"]
    head += ["distance_mm", "twitch_correlation"]
    rows = []
    for u, places in enumerate(tracks.index):
        for (i, j), likeness in tracks.likeness.items():
            k, m = places[i], places[j]
            if k < 0 or m < 0:
                continue
            rows.append(
                [
                    u + 1,
                    tracks.seen[i].name,
                    tracks.seen[j].name,
                    int(tracks.ids[u, i]),
                    int(tracks.ids[u, j]),
                    _shown(tracks.pair_probability[u, i, j]),
                    _shown(likeness["iou"][k, m]),
                    _shown(np.expm1(likeness["distance"][k, m])),
                    _shown(np.tanh(likeness["twitch"][k, m])),
                ]
            )
    return head, rows


def _shown(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ""


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
