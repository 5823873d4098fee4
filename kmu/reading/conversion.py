"""What a scanner may give instead of velocity, turned into velocity while it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import hilbert

from kmu.errors import InputError
from kmu.reading.quantities import LENGTHS, plain_unit
from kmu.velocity.estimation import velocity_from_iq

KINDS = ("velocity", "displacement", "iq", "rf")
# Factors to mm/s (velocity; per frame, times the frame rate) and mm (displacement).
UNITS = {
    **LENGTHS,
    **{f"{length}/s": factor for length, factor in LENGTHS.items()},
    **{f"{length}/ms": 1000 * factor for length, factor in LENGTHS.items()},
    **{f"{length}/frame": factor for length, factor in LENGTHS.items()},
}
# The averaging the field uses: about 10 ms, and 1 mm in depth.
WINDOW_S = 0.010
AVERAGING_MM = 1.0
_DEPTH_STEP_MM = 0.3
# Frames, from all of the recording, whose echo is averaged: tissue is the same in all of them.
_ECHOES = 16

Read = Callable[[int, int], NDArray[Any]]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Converted:
    """Frames of velocity: how many, how often, how large their pixels, and how to read them.

    ``magnitude`` reads (Z, X), the mean amplitude of the echo, where there is one.
    """

    shape: Shape
    frame_rate: float
    spacing: tuple[float, float]
    read: Read
    magnitude: Callable[[], NDArray[np.float32]] | None = None


def default_unit(kind: str) -> str:
    """The unit of a kind of data unless told otherwise."""
    return {"velocity": "mm/s", "displacement": "mm"}.get(kind, "")


def scaled(given: Converted, kind: str, unit: str) -> Converted:
    """Velocity or displacement in another unit, in mm/s or mm.

    Raises:
        InputError: if the unit is unknown or does not fit the kind.
    """
    said, unit = unit, plain_unit(unit)
    fits = unit in UNITS and (("/" in unit) == (kind == "velocity"))
    if not fits or kind not in ("velocity", "displacement"):
        allowed = [u for u in UNITS if ("/" in u) == (kind == "velocity")]
        other = "displacement" if kind == "velocity" else "velocity"
        hint = f" (or say --kind {other})" if unit in UNITS else ""
        raise InputError(
            f"{said!r} is no unit of {kind}; choose from {', '.join(allowed)} with --unit{hint}"
        )
    factor = UNITS[unit] * (given.frame_rate if unit.endswith("/frame") else 1.0)
    if factor == 1:
        return given

    def read(start: int, stop: int) -> NDArray[np.float32]:
        # Numbers too large become infinite and are refused as such.
        with np.errstate(over="ignore", invalid="ignore"):
            return given.read(start, stop).astype(np.float32) * np.float32(factor)

    return Converted(given.shape, given.frame_rate, given.spacing, read)


def from_displacement(given: Converted) -> Converted:
    """Velocity from displacement in mm: central differences, one-sided at both ends."""
    frames = given.shape[0]

    def read(start: int, stop: int) -> NDArray[np.float32]:
        low, high = max(start - 1, 0), min(stop + 1, frames)
        # In double precision: tissue moves micrometres around an offset of millimetres.
        values = np.asarray(given.read(low, high), np.float64)
        if len(values) < 2:
            return np.zeros(values.shape, np.float32)
        slope = np.gradient(values, 1 / given.frame_rate, axis=0)
        return slope[start - low : stop - low].astype(np.float32)

    return Converted(given.shape, given.frame_rate, given.spacing, read)


def from_iq(
    given: Converted,
    centre_frequency: float,
    sound_speed: float = 1540.0,
    estimator: str = "kasai",
    radio_frequency: bool = False,
    demodulation_frequency: float | None = None,
) -> Converted:
    """Velocity from beamformed IQ or RF frames by lag-one autocorrelation.

    Windows of 10 ms are centred on every output frame and overlap by half; depth is averaged over
    1 mm and thinned to about 0.3 mm. Time 0 stays time 0.

    Args:
        given: complex IQ frames demodulated at the centre frequency, or real RF frames.
        centre_frequency: of the pulse, Hz.
        sound_speed: m/s.
        estimator: "kasai", or "loupas", which also follows the echo's centre frequency.
        radio_frequency: the frames are RF: made complex by the Hilbert transform along depth and
            demodulated here.
        demodulation_frequency: of IQ frames, Hz; the centre frequency unless said. The echo's own
            frequency, which "loupas" follows, is counted from it.

    Returns:
        The velocity in mm/s, positive away from the probe.

    Raises:
        InputError: if the centre frequency or sound speed cannot be, there are too few frames, or
            RF frames are sampled too coarsely in depth for their frequency.
    """
    frames, depth, width = given.shape
    dz = given.spacing[0]
    if not 5e5 <= centre_frequency <= 5e7:
        raise InputError(
            f"centre frequency {centre_frequency:g} Hz is outside 0.5 to 50 MHz; give it in Hz"
        )
    if not 1000 <= sound_speed <= 2000:
        raise InputError(f"sound speed {sound_speed:g} m/s is outside 1000 to 2000 m/s")
    if radio_frequency and dz > sound_speed / centre_frequency / 4 * 1000:
        raise InputError(
            f"RF of {centre_frequency / 1e6:g} MHz sampled every {dz:g} mm in depth is aliased; "
            "give IQ frames, or the RF at its full sampling"
        )
    half = max(round(WINDOW_S * given.frame_rate / 2), 1)
    if frames < 2 * half + 1:
        raise InputError(f"{frames} frames are too few for one window of {2 * half + 1}")
    step = half
    count = frames // step
    thin = max(int(_DEPTH_STEP_MM / dz + 1e-6), 1)
    carrier = np.exp(
        -2j * np.pi * centre_frequency * 2 * np.arange(depth) * dz * 1e-3 / sound_speed
    ).astype(np.complex64)

    def read(start: int, stop: int) -> NDArray[np.float32]:
        # Window i spans frames i * step - half to i * step + half; at the ends the nearest
        # window that lies inside stands in.
        centres = np.clip(np.arange(start, stop) * step, half, frames - 1 - half)
        low, high = int(centres[0]) - half, int(centres[-1]) + half + 1
        values = np.asarray(given.read(low, high))
        if radio_frequency:
            values = hilbert(values.astype(np.float32), axis=1) * carrier[None, :, None]
        velocity = np.empty((stop - start, len(range(0, depth, thin)), width), np.float32)
        known: dict[int, NDArray[np.float32]] = {}
        for i, centre in enumerate(centres):
            if int(centre) not in known:
                first = int(centre) - half - low
                known = {
                    int(centre): velocity_from_iq(
                        values[first : first + 2 * half + 1].astype(np.complex64),
                        given.frame_rate,
                        dz,
                        centre_frequency,
                        frames=2 * half,
                        step=2 * half,
                        averaging_depth=AVERAGING_MM,
                        estimator=estimator,
                        sound_speed=sound_speed,
                        demodulation_frequency=None if radio_frequency else demodulation_frequency,
                    )[0, ::thin]
                }
            velocity[i] = known[int(centre)]
        return velocity

    def magnitude() -> NDArray[np.float32]:
        total = np.zeros((depth, width))
        for k in np.unique(np.linspace(0, frames - 1, _ECHOES).astype(int)):
            values = np.asarray(given.read(int(k), int(k) + 1))[0]
            echo = hilbert(values.astype(np.float32), axis=0) if radio_frequency else values
            # Lost frames hold NaN or nothing.
            total += np.nan_to_num(np.abs(echo), posinf=0.0)
        starts = np.arange(0, depth, thin)
        sizes = np.diff(np.append(starts, depth))[:, None]
        return np.asarray(np.add.reduceat(total, starts, axis=0) / sizes / _ECHOES, np.float32)

    shape = (count, len(range(0, depth, thin)), width)
    spacing = (dz * thin, given.spacing[1])
    return Converted(shape, given.frame_rate / step, spacing, read, magnitude)
