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
        white: share of the noise power that is white in time.
        snr: dB.
        fastest: mm/s, beyond which velocities wrap around.
    """

    blur_depth: NDArray[np.float32]
    blur_lateral: NDArray[np.float32]
    gain: NDArray[np.float32]
    noise: NDArray[np.float32]
    white: float
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
        self, shape: tuple[int, int, int], lag: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Noise (T, Z, X) of mean square 1, correlated in space like the estimate.

        The phases that a window gains add up to that of its last frame minus that of its first:
        noise that one window adds, the next takes away. What products of noise with noise leave
        is white.

        Args:
            shape: (T, Z, X).
            lag: frames from one window to the one that starts where it ends; 0 if none does.
            rng: source of randomness.
        """
        # One moving average has the spectrum of both, white + (1 - white) (1 - cos): a - b at the
        # lag with (a - b)^2 = white and (a + b)^2 = 2 - white.
        noise = rng.standard_normal((shape[0] + lag, *shape[1:]), np.float32)
        if lag:
            total, left = np.sqrt(2.0 - self.white), np.sqrt(self.white)
            later = noise[lag:] * np.float32((total + left) / 2)
            later -= noise[:-lag] * np.float32((total - left) / 2)
            noise = later
        noise = self.blur(noise)
        alone = np.sqrt(
            (self.blur_depth**2).sum(1)[:, None] * (self.blur_lateral**2).sum(1)[None, :]
        )
        noise *= self.noise / alone
        return noise


def draw_scanner(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    config: ScannerConfig,
    rng: np.random.Generator,
) -> FastScanner:
    """Draws the scanner of one recording with (Z, X) pixels of ``spacing`` mm.

    Echo brightness is the mean over the averaging window of a few exponentially distributed
    speckles; the noise goes as one over its square root.
    """
    blur_depth = _window(shape[0], spacing[0], config.averaging_depth, box=True)
    blur_lateral = _window(shape[1], spacing[1], rng.uniform(*config.beam_width), box=False)
    looks = rng.uniform(*config.speckle_looks)
    noise = np.ones(shape)
    # A hundredth of a speckle is none; far fewer would overflow.
    if looks > 0.01:
        # So many a pixel that the window, which averages over pixels, has the number asked for.
        own = looks * float((blur_depth[shape[0] // 2] ** 2).sum())
        brightness = blur_depth @ rng.gamma(own, 1.0 / own, shape)
        noise = np.maximum(brightness, 0.02) ** -0.5
    half_window = _window(shape[0], spacing[0], config.averaging_depth / 2, box=True)
    bias = half_window @ rng.standard_normal(shape)
    gain = 1.0 + rng.uniform(*config.speckle_gain) * bias / max(float(bias.std()), 1e-9)
    return FastScanner(
        blur_depth=blur_depth,
        blur_lateral=blur_lateral,
        gain=np.clip(gain, 0.2, 1.8).astype(np.float32),
        noise=(noise / np.sqrt(np.mean(noise**2))).astype(np.float32),
        white=float(rng.uniform(*config.white_noise)),
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
        # A fifth of a pixel stands for the mean over it.
        sigma = np.hypot(width / 2.355, 0.2 * pixel)
        kernel = np.exp(-0.5 * (offset / sigma) ** 2)
    kernel[kernel < 1e-4 * kernel.max()] = 0.0
    return (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)
