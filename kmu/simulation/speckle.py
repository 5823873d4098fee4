"""What the scanner sees, from scatterers: IQ frames of plane waves through a linear array."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from kmu.config.scanner import ScannerConfig
from kmu.simulation.scanner import SOUND_SPEED

_DEPTH_STEP = 0.15  # mm, of IQ samples and scatterers at most: -49 dB of a 60 % band is aliased

_BAND_BLOCK = 44  # rows of the banded product at a time


@dataclass(frozen=True, eq=False)
class SpeckleScanner:
    """The scanner of one recording and the scatterers in front of it.

    Every cell of the IQ grid holds one scatterer of random complex strength (many real ones add
    up to that). It moves with the tissue: its echo turns by 4 pi f u / c and its envelope moves
    along, to first order in u. The point spread is Gaussian.

    Attributes:
        centre_frequency: Hz.
        spacing: (depth, lateral) mm of the IQ samples.
        refine: IQ samples a pixel of the tissue's grid, (depth, lateral).
        scatterers: (2, Z', X') float32, real and imaginary part.
        axial: (Z', 2 Z') float32: envelope, and minus its derivative, along depth.
        reach: samples from its diagonals beyond which ``axial`` is nearly 0.
        lateral: (X', X') float32: beam profile.
        from_pixels: (Z', Z) and (X, X') float32: tissue's grid to IQ grid, cubic.
        noise: (Z', 1) float32, standard deviation of each part of the noise by depth.
    """

    centre_frequency: float
    spacing: tuple[float, float]
    refine: tuple[int, int]
    scatterers: NDArray[np.float32]
    axial: NDArray[np.float32]
    reach: int
    lateral: NDArray[np.float32]
    from_pixels: tuple[NDArray[np.float32], NDArray[np.float32]]
    noise: NDArray[np.float32]

    def frames(
        self, displacement: NDArray[np.float32], rng: np.random.Generator, block: int = 10
    ) -> Iterator[NDArray[np.complex64]]:
        """Yields IQ frames (up to ``block``, Z', X') of tissue displaced by (T, Z, X) mm.

        Displacements should be small beside the pulse's length: take their mean out.
        """
        turn = np.float32(-4 * np.pi * self.centre_frequency / SOUND_SPEED * 1e-3)
        real, imaginary = self.scatterers
        deep, wide = self.from_pixels
        for start in range(0, len(displacement), block):
            moved = np.matmul(deep, displacement[start : start + block] @ wide)
            phase = moved * turn
            cosine, sine = np.cos(phase), np.sin(phase)
            count, depth, width = moved.shape
            # Depth rows: the echoes, then the echoes times u for the shift of the envelope.
            echo = np.empty((count, 2 * depth, 2, width), np.float32)
            echo[:, :depth, 0] = real * cosine - imaginary * sine
            echo[:, :depth, 1] = real * sine + imaginary * cosine
            np.multiply(echo[:, :depth], moved[:, :, None], out=echo[:, depth:])
            # Receive filter and beamformer shape the thermal noise as they shape the echoes.
            noise = rng.standard_normal((count, depth, 2, width), np.float32)
            echo[:, :depth] += np.multiply(noise, self.noise[:, None], out=noise)
            seen = self._along_depth(echo.reshape(count, 2 * depth, 2 * width))
            seen = seen.reshape(-1, width) @ self.lateral
            seen = seen.reshape(count, depth, 2, width)
            iq = np.empty((count, depth, width), np.complex64)
            iq.real, iq.imag = seen[:, :, 0], seen[:, :, 1]
            yield iq

    def _along_depth(self, echo: NDArray[np.float32]) -> NDArray[np.float32]:
        """Applies ``axial``, block by block: far from its diagonals it is zero."""
        count, rows, columns = echo.shape
        depth = rows // 2
        seen = np.empty((count, depth, columns), np.float32)
        for first in range(0, depth, _BAND_BLOCK):
            last = min(first + _BAND_BLOCK, depth)
            low, high = max(first - self.reach, 0), min(last + self.reach, depth)
            near = np.r_[low:high]
            np.matmul(self.axial[first:last, low:high], echo[:, low:high], out=seen[:, first:last])
            seen[:, first:last] += np.matmul(
                self.axial[first:last, depth + near], echo[:, depth + low : depth + high]
            )
        return seen

    def to_pixels(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Velocity on the IQ grid (N, Z', X') to the tissue's grid: block means."""
        rows, columns = self.refine
        count, depth, width = images.shape
        return images.reshape(count, depth // rows, rows, width // columns, columns).mean((2, 4))


def draw_speckle_scanner(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    config: ScannerConfig,
    rng: np.random.Generator,
) -> tuple[SpeckleScanner, float]:
    """Draws scanner and scatterers for (Z, X) pixels of ``spacing`` mm.

    The lateral point spread is that of a dynamically focused receive aperture, narrowed by the
    synthetic transmit focus of compounded angles; width and length of the array bound the
    aperture.

    Returns:
        The scanner, and its IQ signal-to-noise ratio in dB.
    """
    frequency = rng.uniform(*config.centre_frequency) * 1e6
    bandwidth = rng.uniform(*config.bandwidth) * frequency
    snr = float(rng.uniform(*config.iq_snr))
    loss = rng.uniform(*config.depth_loss)
    f_number = rng.uniform(*config.f_number)
    rows = int(np.ceil(spacing[0] / _DEPTH_STEP))
    columns = max(1, round(spacing[1] / config.pitch))
    fine = (shape[0] * rows, shape[1] * columns)
    step = (spacing[0] / rows, spacing[1] / columns)
    sigma_depth = pulse_length(frequency, bandwidth)
    sigma_lateral = beam_width(frequency, f_number, config) / 2.355
    envelope = _gaussian(fine[0], step[0], sigma_depth)
    offset = (np.arange(fine[0])[:, None] - np.arange(fine[0])[None, :]) * step[0]
    # Envelope at z - u: e - u e', and e' = -z / sigma^2 e.
    axial = np.concatenate([envelope, envelope * offset / sigma_depth**2], axis=1)
    beam = _gaussian(fine[1], step[1], sigma_lateral)
    depth = (np.arange(fine[0]) + 0.5) / fine[0] - 0.5
    return (
        SpeckleScanner(
            centre_frequency=frequency,
            spacing=step,
            refine=(rows, columns),
            scatterers=rng.standard_normal((2, *fine), np.float32),
            axial=axial.astype(np.float32),
            reach=int(np.ceil(4 * sigma_depth / step[0])),
            lateral=beam.T.astype(np.float32).copy(),
            from_pixels=(_spline(shape[0], rows), _spline(shape[1], columns).T.copy()),
            # Echo power is 1 a part; gain over depth is compensated, so the noise grows instead.
            noise=(10 ** (-snr / 20) * 10 ** (loss * depth / 20))[:, None].astype(np.float32),
        ),
        snr,
    )


def pulse_length(frequency: float, bandwidth: float) -> float:
    """Standard deviation in depth, in mm, of an echo's Gaussian envelope.

    The width that the array's band leaves and that of an excitation of one cycle, half a
    wavelength in depth, add in squares.

    Args:
        frequency: centre frequency, Hz.
        bandwidth: of the array, both ways, full width at -6 dB, Hz.
    """
    band = 2.355**2 / (2 * np.pi * bandwidth) * SOUND_SPEED / 2
    cycle = SOUND_SPEED / frequency / 2
    return float(np.hypot(band, cycle) / 2.355 * 1e3)


def beam_width(frequency: float, f_number: float, config: ScannerConfig) -> float:
    """Lateral full width at half maximum of the point spread in mm.

    One plane wave focuses on receive only: 1.35 wavelengths times the f-number, between the 1.2 of
    an even aperture and what the elements' directivity leaves of it. The transmit angles of a
    compound make a synthetic aperture, which narrows it by up to the square root of 2.
    """
    wavelength = SOUND_SPEED / frequency * 1e3
    narrowing = np.sqrt(1.0 + min((config.compounded_angles - 1) / 8.0, 1.0))
    return float(1.35 * wavelength * f_number / narrowing)


def _gaussian(size: int, step: float, sigma: float) -> NDArray[np.float64]:
    """(size, size) Gaussian smoothing of unit-variance white noise to unit variance."""
    offset = (np.arange(size)[:, None] - np.arange(size)[None, :]) * step
    kernel = np.exp(-0.5 * (offset / sigma) ** 2)
    kernel[kernel < 1e-5] = 0.0  # also keeps subnormal numbers, which are slow, out of products
    # Envelopes are amplitudes: their energy, not their sum, is 1.
    normalised: NDArray[np.float64] = kernel / np.sqrt((kernel**2).sum(axis=1, keepdims=True))
    return normalised


def _spline(size: int, refine: int) -> NDArray[np.float32]:
    """(size * refine, size) cubic interpolation between pixel centres, level past the last."""
    centres = np.arange(size) + 0.5
    fine = (np.arange(size * refine) + 0.5) / refine
    spline = make_interp_spline(centres, np.eye(size), k=3)
    return np.asarray(spline(np.clip(fine, centres[0], centres[-1])), np.float32)
