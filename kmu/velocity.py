"""Tissue velocity: what labs do to it before analysis."""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from kmu.errors import InputError


def band_pass(
    values: NDArray[np.float32], frame_rate: float, low: float, high: float, order: int = 2
) -> NDArray[np.float32]:
    """Band-passes along time without shifting it (Butterworth, forwards and backwards).

    Args:
        values: (T, ...) float32.
        frame_rate: Hz.
        low: lower edge in Hz; 0 leaves low frequencies in.
        high: upper edge in Hz; at or above half the frame rate nothing is cut there.
        order: of the filter; run twice, it is twice as steep.

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
    if low > 0 and high < nyquist:
        sections = signal.butter(order, (low, high), "bandpass", fs=frame_rate, output="sos")
    elif low > 0:
        sections = signal.butter(order, low, "highpass", fs=frame_rate, output="sos")
    elif high < nyquist:
        sections = signal.butter(order, high, "lowpass", fs=frame_rate, output="sos")
    else:
        return np.asarray(values, np.float32)
    # Padding by three times the slowest edge's period, or what the recording allows.
    padding = min(int(frame_rate / max(low, 1.0)), len(values) - 1)
    filtered = signal.sosfiltfilt(sections, values, axis=0, padlen=padding)
    return np.asarray(filtered, np.float32)
