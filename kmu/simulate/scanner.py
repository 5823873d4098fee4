"""What the scanner makes of the tissue's velocity, by its statistics (the fast level)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.scanner import ScannerConfig

SOUND_SPEED = 1540.0  # m/s


@dataclass(frozen=True, eq=False)
class FastScanner:
    """The velocity estimate of one recording.

    Attributes:
        blur_depth: (Z, Z) float32, point spread and averaging along depth.
        blur_lateral: (X, X) float32, point spread across.
        gain: (Z, X) float32, the fixed error of each place, around 1.
        noise: (Z, X) float32, relative standard deviation of the noise, mean square 1.
        snr: dB.
        fastest: mm/s, beyond which velocities wrap around.
    """

    blur_depth: NDArray[np.float32]
    blur_lateral: NDArray[np.float32]
    gain: NDArray[np.float32]
    noise: NDArray[np.float32]
    snr: float
    fastest: float

    def see(self, velocity: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distorts a blurred velocity (T, Z, X), with speckle's errors and wrapping; no noise."""
        seen = velocity * self.gain
        if np.abs(seen).max() <= self.fastest:
            return seen
        limit = np.float32(self.fastest)
        wrapped: NDArray[np.float32] = (seen + limit) % (2 * limit) - limit
        return wrapped

    def blur(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Applies the point spread to (..., Z, X)."""
        across = images.reshape(-1, images.shape[-1]) @ self.blur_lateral.T
        blurred: NDArray[np.float32] = np.matmul(self.blur_depth, across.reshape(images.shape))
        return blurred

    def draw_noise(
        self, shape: tuple[int, int, int], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Noise (T, Z, X) of mean square 1, correlated in space like the estimate."""
        white = self.blur(rng.standard_normal(shape, np.float32))
        alone = np.sqrt(
            (self.blur_depth**2).sum(1)[:, None] * (self.blur_lateral**2).sum(1)[None, :]
        )
        white *= self.noise / alone
        return white


def draw_scanner(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    config: ScannerConfig,
    rng: np.random.Generator,
) -> FastScanner:
    """Draws the scanner of one recording with (Z, X) pixels of ``spacing`` mm.

    Echo brightness is that of fully developed speckle: exponentially distributed, correlated
    over the averaging window. Its darkness raises the noise.
    """
    blur_depth = _window(shape[0], spacing[0], config.averaging_depth, box=True)
    blur_lateral = _window(shape[1], spacing[1], rng.uniform(*config.beam_width), box=False)
    echo = rng.standard_normal((2, *shape)).astype(np.float32)
    echo = np.stack([blur_depth @ part @ blur_lateral.T for part in echo])
    brightness = (echo**2).sum(0)
    brightness /= brightness.mean()
    # Averaging over the window fills the darkest gaps: the floor keeps the noise finite.
    noise = (brightness + 0.15) ** (-0.5 * config.speckle_noise)
    bias = blur_depth @ rng.standard_normal(shape, np.float32) @ blur_lateral.T
    gain = 1.0 + rng.uniform(*config.speckle_gain) * bias / max(float(bias.std()), 1e-9)
    return FastScanner(
        blur_depth=blur_depth,
        blur_lateral=blur_lateral,
        gain=np.clip(gain, 0.2, 1.8).astype(np.float32),
        noise=(noise / np.sqrt(np.mean(noise**2))).astype(np.float32),
        snr=float(rng.uniform(*config.snr)),
        fastest=SOUND_SPEED
        * config.iq_frame_rate
        / (4 * rng.uniform(*config.centre_frequency) * 1e6)
        * 1e3,
    )


def _window(size: int, pixel: float, width: float, *, box: bool) -> NDArray[np.float32]:
    """A (size, size) smoothing matrix with rows of sum 1: a box, or a Gaussian of that FWHM."""
    offset = (np.arange(size)[:, None] - np.arange(size)[None, :]) * pixel
    if box:
        # Overlap of the pixel with the window, exact for any width.
        kernel = np.clip((width + pixel) / 2 - np.abs(offset), 0.0, min(pixel, max(width, 1e-9)))
    else:
        sigma = np.hypot(width / 2.355, 0.3 * pixel)
        kernel = np.exp(-0.5 * (offset / sigma) ** 2)
    kernel[kernel < 1e-4 * kernel.max()] = 0.0
    return (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)
