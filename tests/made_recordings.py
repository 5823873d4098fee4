"""Small recordings with known units, for tests of reading and identifying."""

import numpy as np

from kmu.recording import Recording


def twitching(
    centres: list[tuple[float, float]],
    seconds: float = 1.0,
    shape: tuple[int, int] = (24, 40),
    frame_rate: float = 250.0,
    spacing: tuple[float, float] = (1.0, 0.5),
    noise: float = 0.02,
    seed: int = 0,
) -> tuple[Recording, list[np.ndarray]]:
    """Discs of 3 mm that twitch at about 10 Hz; returns the recording and the firings (s)."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * frame_rate)
    time = np.arange(frames) / frame_rate
    z = (np.arange(shape[0]) + 0.5)[:, None] * spacing[0]
    x = (np.arange(shape[1]) + 0.5)[None] * spacing[1]
    velocity = noise * rng.standard_normal((frames, *shape))
    firings = []
    for at_z, at_x in centres:
        steps = 0.1 + 0.02 * rng.standard_normal(int(20 * seconds) + 2)
        times = np.cumsum(np.maximum(steps, 0.05))
        times = times[times < seconds - 0.06]
        place = np.exp(-((z - at_z) ** 2 + (x - at_x) ** 2) / 9)
        # One swing to and fro: the velocity of a twitch, at rest before and after.
        phase = (time[:, None] - times[None]) / 0.04
        course = (-phase * np.exp(-(phase**2))).sum(1)
        velocity += course[:, None, None] * place
        firings.append(times)
    return Recording(velocity.astype(np.float32), frame_rate, spacing), firings
