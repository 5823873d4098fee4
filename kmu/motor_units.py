"""Motor units: where each one is, the velocity it contributes, and when it fired."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.recording import check_format, check_frame_rate, check_spacing, open_hdf5
from kmu.views import UnitsViews

FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False, repr=False)
class MotorUnits(UnitsViews):
    """K motor units of one recording, found or simulated. K may be 0.

    Example:
        >>> units = kmu.MotorUnits.load("monday.h5")
        >>> sure = units.select(units.score >= 0.8)
        >>> rates = [len(times) / 3.0 for times in sure.firings]
        >>> len(units), len(sure), len(rates)
        (4, 2, 2)

    Attributes:
        territory: (K, Z, X) float32 in [0, 1] on the recording's own grid.
        twitch_train: (K, T) float32 in mm/s at the recording's own frame rate: the unit's
            contribution to the velocity where its territory is 1.
        firings: K float64 arrays of ascending firing times in seconds.
        score: (K,) float32 in [0, 1], highest first.
        frame_rate: of the recording, Hz.
        spacing: (dz, dx) of the recording, mm.
        ids: (K,) int64, what each unit is called in figures, tables and exports, whatever is done
            with the units later; counted from 1, best first, if none are given.
        provenance: how the units came to be (see ``kmu.analysis.provenance``), fit for JSON;
            empty if nobody said.

    Raises:
        InputError: if the parts do not fit together. Units are sorted by score, not refused.
    """

    territory: NDArray[np.float32]
    twitch_train: NDArray[np.float32]
    firings: Sequence[NDArray[np.float64]]
    score: NDArray[np.float32]
    frame_rate: float
    spacing: tuple[float, float]
    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        territory = np.asarray(self.territory, np.float32)
        twitch_train = np.asarray(self.twitch_train, np.float32)
        score = np.asarray(self.score, np.float32)
        firings = [np.sort(np.asarray(times, np.float64).ravel()) for times in self.firings]
        count = len(firings)
        if territory.ndim != 3 or twitch_train.ndim != 2 or score.ndim != 1:
            raise InputError(
                f"motor units need territory (K, Z, X), twitch_train (K, T), score (K,); got "
                f"{territory.shape}, {twitch_train.shape}, {score.shape}"
            )
        if not len(territory) == len(twitch_train) == len(score) == count:
            raise InputError(
                f"{len(territory)} territories, {len(twitch_train)} twitch trains, {count} firing "
                f"lists and {len(score)} scores: they must be equally many"
            )
        for name, values in (
            ("territory", territory),
            ("twitch_train", twitch_train),
            ("score", score),
            ("firings", np.concatenate([np.zeros(0), *firings])),
        ):
            if not np.isfinite(values).all():
                raise InputError(f"{name} of the motor units holds NaN or infinity")
        for name, values in (("territory", territory), ("score", score)):
            if values.size and (values.min() < 0 or values.max() > 1):
                raise InputError(f"{name} of the motor units leaves the range 0 to 1")
        order = np.argsort(-score, kind="stable")
        ids = np.asarray(self.ids, np.int64)
        if not ids.size:
            ids = np.argsort(order) + 1  # the best is 1
        if ids.shape != score.shape or len(np.unique(ids)) < count:
            raise InputError(f"ids of the motor units must be {count} different numbers")
        object.__setattr__(self, "ids", ids[order])
        object.__setattr__(self, "provenance", dict(self.provenance))
        object.__setattr__(self, "territory", territory[order])
        object.__setattr__(self, "twitch_train", twitch_train[order])
        object.__setattr__(self, "firings", [firings[k] for k in order])
        object.__setattr__(self, "score", score[order])
        object.__setattr__(self, "frame_rate", check_frame_rate(self.frame_rate))
        object.__setattr__(self, "spacing", check_spacing(self.spacing))

    def __len__(self) -> int:
        return len(self.score)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(K, Z, X) bool: territory >= 0.5."""
        return self.territory >= 0.5

    def select(self, which: ArrayLike) -> "MotorUnits":
        """Returns the units that an index list or a boolean (K,) array names."""
        which = np.asarray(which)
        chosen = np.flatnonzero(which) if which.dtype == bool else which.astype(int)
        return MotorUnits(
            territory=self.territory[chosen],
            twitch_train=self.twitch_train[chosen],
            firings=[self.firings[k] for k in chosen],
            score=self.score[chosen],
            frame_rate=self.frame_rate,
            spacing=self.spacing,
            ids=self.ids[chosen],
            provenance=self.provenance,
        )

    @classmethod
    def none(
        cls, shape: tuple[int, int, int], frame_rate: float, spacing: tuple[float, float]
    ) -> "MotorUnits":
        """No units at all, for a recording of ``shape`` (T, Z, X)."""
        frames, depth, width = shape
        return cls(
            territory=np.zeros((0, depth, width), np.float32),
            twitch_train=np.zeros((0, frames), np.float32),
            firings=[],
            score=np.zeros(0, np.float32),
            frame_rate=frame_rate,
            spacing=spacing,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes HDF5, the native format.

        Datasets ``territory`` (K, Z, X), ``twitch_train`` (K, T), ``firing_times`` (all firings
        in seconds, unit after unit), ``firing_count`` (K), ``score`` (K), ``ids`` (K); attributes
        ``frame_rate``, ``spacing``, ``format_version``, ``provenance`` (JSON).
        """
        with replacing(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs.update(
                kind="motor_units",
                format_version=FORMAT_VERSION,
                frame_rate=self.frame_rate,
                spacing=self.spacing,
                provenance=json.dumps(self.provenance),
            )
            for name in ("territory", "twitch_train"):
                values = getattr(self, name)
                packed = {"compression": "gzip", "compression_opts": 1} if values.size else {}
                file.create_dataset(name, data=values, **packed)
            file["score"] = self.score
            file["ids"] = self.ids
            file["firing_times"] = np.concatenate([np.zeros(0), *self.firings])
            file["firing_count"] = np.array([len(times) for times in self.firings], np.int64)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "MotorUnits":
        """Reads what :meth:`save` wrote.

        A missing ``score`` (truth files) is read as ones, missing ``ids`` (older files) as 1 to K.

        Raises:
            InputError: if the file is not one of motor units, is damaged, or of a newer format.
        """
        with open_hdf5(path) as file:
            return cls.from_hdf5(file, path)

    @classmethod
    def from_hdf5(cls, file: h5py.Group, path: str | os.PathLike[str]) -> "MotorUnits":
        """Reads units from an open file or a group in it; ``path`` is for messages."""
        needed = ("territory", "twitch_train", "firing_times", "firing_count")
        missing = [name for name in needed if name not in file]
        missing += [name for name in ("frame_rate", "spacing") if name not in file.attrs]
        if missing:
            raise InputError(f"{path} is not a motor-unit file: {', '.join(missing)} missing")
        check_format(file, path, FORMAT_VERSION)
        try:
            count = file["firing_count"][()].astype(int)
            times = file["firing_times"][()]
            territory, twitch_train = file["territory"][()], file["twitch_train"][()]
            score = file["score"][()] if "score" in file else np.ones(len(count), np.float32)
            ids = file["ids"][()] if "ids" in file else np.zeros(0, np.int64)
            provenance = json.loads(file.attrs.get("provenance", "{}"))
        except (OSError, AttributeError, TypeError, ValueError) as error:
            raise InputError(f"{path} cannot be read: damaged or truncated") from error
        if count.sum() != len(times) or (count < 0).any():
            raise InputError(f"{path}: firing_count does not add up to the firing_times")
        return cls(
            territory=territory,
            twitch_train=twitch_train,
            firings=np.split(times, np.cumsum(count)[:-1]) if len(count) else [],
            score=score,
            frame_rate=float(file.attrs["frame_rate"]),
            spacing=tuple(float(s) for s in file.attrs["spacing"]),  # type: ignore[arg-type]
            ids=ids,
            provenance=provenance,
        )
