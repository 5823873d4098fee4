"""The same muscle seen again: another place of the probe, other firings, force and noise."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.config.repetition import RepetitionConfig
from kmu.errors import InputError

Floats = NDArray[np.float64]
# What a contraction and a look at it draw, by its place among the seeds of a scene; the others
# (pool, geometry, excitation, twitches, tissue, layers, mixture) are the muscle's.
_OWN = {"firings": 3, "common": 6, "scanner": 7, "noise": 8, "habits": 10, "lab": 11, "places": 12}


def entropy(seed: int, family: str) -> list[int]:
    """What all randomness of a seed of a family comes from.

    Raises:
        InputError: if the seed is not a whole number, 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed is {seed!r}; it must be a whole number, 0 or more")
    # The family's name goes in, or seed 7 of two families would be the same muscle.
    return [int(seed), zlib.crc32(family.encode())]


@dataclass(frozen=True, eq=False)
class Repetition:
    """One recording of a series.

    A pixel at depth d and l beside the middle of the probe's face is tissue at
    R (d cos(lean) / (1 + press), l (1 + press)) + (gap, shift), with the rotation R.

    Attributes:
        number: from 0, the first.
        shift: lateral, mm.
        gap: in depth, mm.
        along: of the image plane along the muscle, mm.
        rotation: in the image plane, radians.
        lean: of the plane out of it, radians.
        press: stretch in depth, as a share.
        force_ratio: force over that of the first.
        fibre_angle: standard deviation over units, radians.
        width: of the image, mm.
        seeds: of the recording's own randomness.
        fibre_seed: of the units' angles, the same in a series.
    """

    number: int
    shift: float
    gap: float
    along: float
    rotation: float
    lean: float
    press: float
    force_ratio: float
    fibre_angle: float
    width: float
    seeds: np.random.SeedSequence
    fibre_seed: np.random.SeedSequence

    @classmethod
    def draw(
        cls, config: RepetitionConfig, family: str, seed: int, number: int, width: float
    ) -> "Repetition":
        """Draws how recording ``number`` of the series of a family and seed is made.

        The first is where ``kmu.simulate`` has its probe, with its force.
        """
        root = entropy(seed, family)
        rng = np.random.default_rng(np.random.SeedSequence([*root, 2, number]))
        moved = 0.0 if number == 0 else 1.0
        tilt = np.deg2rad(config.probe_tilt)
        shift, along, gap, rotation, lean, press = moved * rng.uniform(-1.0, 1.0, 6)
        low, high = config.force_ratio
        ratio = float(rng.uniform(low, high))
        return cls(
            number=number,
            shift=float(shift * config.probe_shift),
            gap=float(gap * config.gap),
            along=float(along * config.probe_shift),
            rotation=float(rotation * tilt),
            lean=float(lean * tilt),
            press=float(press * config.press),
            force_ratio=ratio if number else 1.0,
            fibre_angle=float(np.deg2rad(config.fibre_angle)),
            width=width,
            seeds=np.random.SeedSequence([*root, 1, number]),
            fibre_seed=np.random.SeedSequence([*root, 3]),
        )

    def own(self, seeds: list[np.random.SeedSequence]) -> list[np.random.SeedSequence]:
        """The seeds of a scene, with those of what is not the muscle's replaced."""
        replaced = list(seeds)
        for place, seed in zip(_OWN.values(), self.seeds.spawn(len(_OWN)), strict=True):
            replaced[place] = seed
        return replaced

    def tissue(self, depth: Floats, lateral: Floats) -> tuple[Floats, Floats]:
        """Where in the muscle, as the first recording sees it, places of the image lie, mm."""
        down, aside = self._scale[0] * depth, self._scale[1] * (lateral - self.width / 2)
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        return (
            cosine * down - sine * aside + self.gap,
            sine * down + cosine * aside + self.width / 2 + self.shift,
        )

    def image(self, places: Floats) -> Floats:
        """The reverse of :meth:`tissue` for (N, 2) depths and laterals in mm."""
        down, aside = (places - (self.gap, self.width / 2 + self.shift)).T
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        turned = np.stack([cosine * down + sine * aside, cosine * aside - sine * down], axis=1)
        back: Floats = turned / self._scale + (0.0, self.width / 2)
        return back

    def centres(self, places: Floats) -> Floats:
        """Centres (N, 2) of units in mm where this image plane cuts their fibres."""
        angle = np.random.default_rng(self.fibre_seed).normal(0.0, self.fibre_angle, places.shape)
        beyond = self.along + np.sin(self.lean) * np.maximum(places[:, :1], 0.0)
        moved: Floats = places + beyond * np.tan(np.clip(angle, -0.5, 0.5))
        return moved

    def describe(self) -> dict[str, Any]:
        """For the recording's meta: numbers in mm, degrees and shares."""
        return {
            "number": self.number,
            "shift_mm": self.shift,
            "gap_mm": self.gap,
            "along_mm": self.along,
            "rotation_deg": float(np.rad2deg(self.rotation)),
            "lean_deg": float(np.rad2deg(self.lean)),
            "press": self.press,
            "force_ratio": self.force_ratio,
        }

    @property
    def _scale(self) -> Floats:
        return np.array([np.cos(self.lean) / (1 + self.press), 1 + self.press])
