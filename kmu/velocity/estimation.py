"""Tissue velocity: what labs do to it before analysis."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from kmu.errors import InputError

# An echo's mean frequency is within this share of the one that was sent.
_MOST_SHIFT = 0.25
_ALIKE = 0.2


def band_pass(
    values: NDArray[np.float32],
    frame_rate: float,
    low: float,
    high: float,
    order: int = 2,
    padding: int | None = None,
) -> NDArray[np.float32]:
    """Band-passes along time without shifting it (Butterworth, forwards and backwards).

    Args:
        values: (T, ...) float32.
        frame_rate: Hz.
        low: lower edge in Hz; 0 leaves low frequencies in.
        high: upper edge in Hz; at or above half the frame rate nothing is cut there.
        order: of the filter; run twice, it is twice as steep.
        padding: frames by which both ends are continued; a period of the lower edge, 1 s at most,
            if None; never more than the recording has.

    Returns:
        The same shape, float32.

    Raises:
        InputError: if the band is empty or beyond half the frame rate.
    """
    nyquist = frame_rate / 2
    if low < 0 or low >= min(high, nyquist):
        raise InputError(
            f"the band {low:g} to {high:g} Hz is empty at {frame_rate:g} frames per second"
        )
    # A period of a thousand recordings cannot be told from none, and would make filters singular.
    if low * len(values) / frame_rate < 1e-3:
        low = 0.0
    if low > 0 and high < nyquist:
        sections = signal.butter(order, (low, high), "bandpass", fs=frame_rate, output="sos")
    elif low > 0:
        sections = signal.butter(order, low, "highpass", fs=frame_rate, output="sos")
    elif high < nyquist:
        sections = signal.butter(order, high, "lowpass", fs=frame_rate, output="sos")
    else:
        return np.asarray(values, np.float32)
    if padding is None:
        padding = int(frame_rate / max(low, 1.0))
    padding = min(padding, len(values) - 1)
    filtered = signal.sosfiltfilt(sections, values, axis=0, padlen=padding)
    return np.asarray(filtered, np.float32)


def velocity_from_iq(
    iq: NDArray[np.complex64],
    frame_rate: float,
    depth_spacing: float,
    centre_frequency: float,
    *,
    frames: int = 10,
    step: int = 10,
    averaging_depth: float = 1.0,
    estimator: str = "kasai",
    sound_speed: float = 1540.0,
    demodulation_frequency: float | None = None,
) -> NDArray[np.float32]:
    """Velocity in depth from the phase that IQ frames gain from one to the next.

    The lag-one autocorrelation is summed over ``frames`` pairs of successive frames and over
    ``averaging_depth``; its phase is the mean motion between frames, in wavelengths. Velocities
    beyond sound_speed * frame_rate / (4 * centre_frequency) wrap around.

    Reference: Kasai et al., IEEE Trans Sonics Ultrason 32:458 (1985); with ``"loupas"`` the
    centre frequency of the echo is estimated in every window from the lag-one autocorrelation
    along depth, Loupas et al., IEEE Trans UFFC 42:672 (1995).

    Args:
        iq: (T, Z, X) complex, demodulated at the centre frequency.
        frame_rate: of the IQ frames, Hz.
        depth_spacing: mm between samples in depth.
        centre_frequency: of the pulse, Hz.
        frames: pairs of frames in a window (10 at 1000 frames per second: 10 ms).
        step: frames from one window to the next (10: 100 velocities per second).
        averaging_depth: mm.
        estimator: ``"kasai"`` or ``"loupas"``.
        sound_speed: m/s.
        demodulation_frequency: Hz; the centre frequency unless said. ``"loupas"`` counts the
            echo's frequency from it.

    Returns:
        (N, Z, X) float32 in mm/s, positive away from the probe; window i spans the frames
        i * step to i * step + frames.

    Raises:
        InputError: if the frames are not complex, too few for one window, or hold NaN, if the
            estimator does not exist, or if ``"loupas"`` cannot tell the echo's frequency.
    """
    if iq.ndim != 3 or not np.iscomplexobj(iq):
        raise InputError(f"IQ frames must be complex (time, depth, lateral); got {iq.shape}")
    if len(iq) < frames + 1:
        raise InputError(f"{len(iq)} IQ frames are too few: one window needs {frames + 1}")
    if estimator not in ("kasai", "loupas"):
        raise InputError(f"no estimator {estimator!r}; choose 'kasai' or 'loupas'")
    demodulated = centre_frequency if demodulation_frequency is None else demodulation_frequency
    size = max(1, round(averaging_depth / depth_spacing))
    count = (len(iq) - 1 - frames) // step + 1
    velocity = np.empty((count, *iq.shape[1:]), np.float32)
    metres = sound_speed * frame_rate / (4 * np.pi)
    # Radians that the phase turns from one sample in depth to the next, for each hertz.
    per_hertz = 4 * np.pi * depth_spacing * 1e-3 / sound_speed
    left = 0.0
    if estimator == "loupas":
        left = carrier_left(iq, centre_frequency, demodulated, per_hertz)
    for i in range(count):
        window = iq[i * step : i * step + frames + 1]
        turn = np.einsum("tzx,tzx->zx", window[:-1].conj(), window[1:])
        turn = ndimage.uniform_filter1d(turn, size, axis=0, mode="nearest")
        frequency: NDArray[np.float32] | float = centre_frequency
        if estimator == "loupas":
            along = np.einsum("tzx,tzx->zx", window[:, :-1].conj(), window[:, 1:])
            along = np.concatenate([along, along[-1:]])
            along = ndimage.uniform_filter1d(along, size, axis=0, mode="nearest")
            # Depth z is a time of 2 z / c: a phase step per sample is a shift of frequency.
            shift = np.angle(along * np.exp(-1j * per_hertz * left)) / per_hertz
            # An echo's centre cannot leave the pulse's band: a bound keeps dark places finite.
            frequency = np.clip(demodulated + shift, 0.5 * centre_frequency, None)
        # Deeper is later, which turns the phase backwards; 1000: m/s to mm/s.
        velocity[i] = -1000.0 * metres / frequency * np.angle(turn)
    if not np.isfinite(velocity).all():
        raise InputError("the IQ frames hold NaN or infinity; repair or cut them out")
    return velocity


def carrier_left(
    iq: NDArray[np.complex64], centre: float, demodulated: float, per_hertz: float
) -> float:
    """The frequency in Hz whose turn in depth a beamformer has left in its IQ frames.

    Demodulated frames turn along depth by the pulse's frequency less the one that was taken off.
    Some beamformers (MUST's delay-and-sum of IQ among them) turn the phase of every sample back by
    its delay; their frames turn by the whole carrier, and what of that is left modulo a full turn
    looks like another echo frequency. The mean turn of the frames is near one or the other.

    Args:
        iq: (T, Z, X).
        centre: frequency of the pulse, Hz.
        demodulated: frequency that the frames are said to be demodulated at, Hz.
        per_hertz: turn in radians from one sample in depth to the next, for each hertz.

    Returns:
        0 or ``demodulated``.

    Raises:
        InputError: if the mean turn is near neither.
    """
    few = iq[:: max(len(iq) // 16, 1)]
    turn = complex(np.vdot(few[:, :-1], few[:, 1:]))
    energy = float(np.linalg.norm(few[:, :-1]) * np.linalg.norm(few[:, 1:]))
    # Samples that have next to nothing in common with the next turn by no angle.
    if not abs(turn) > _ALIKE * energy:
        return 0.0
    plain, turned = (
        abs(np.angle(turn * np.exp(-1j * per_hertz * expected)))
        for expected in (centre - demodulated, centre)
    )
    if min(plain, turned) > _MOST_SHIFT * per_hertz * centre:
        raise InputError(
            f"the phase of the IQ frames turns by {np.angle(turn):.2f} rad from sample to sample "
            f"in depth, as no echo near {centre / 1e6:.3g} MHz does: loupas cannot use it; give "
            "the frequency they were demodulated at, or use --estimator kasai"
        )
    return 0.0 if plain <= turned else demodulated
