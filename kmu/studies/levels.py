"""The two levels of the scanner beside each other: the noise of fast and of speckle.

``python -m kmu.studies.levels`` prints the table of the documentation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.evaluation.table import markdown
from kmu.simulation.look import simulate

# No motion, one scanner: what is left is noise. The fast level's beam is that of the scanner, and
# its share of white noise what that signal-to-noise ratio of the IQ frames leaves.
STILL: dict[str, Any] = {
    "units": (0, 0),
    "drift": (0.0, 0.0),
    "pulse": (0.0, 0.0),
    "tremor": (0.0, 0.0),
    "shape_change": (0.0, 0.0),
    "depth_loss": (0.0, 0.0),
    "centre_frequency": (7.0, 7.0),
    "f_number": (1.5, 1.5),
    "beam_width": (0.446, 0.446),
    "speckle_looks": (5.0, 7.0),
    "high_pass": (0.0, 0.0),
}
WHITE_SHARE = {10.0: 0.40, 20.0: 0.075}


def noise_of(level: str, iq_snr: float, seed: int = 1, **changes: Any) -> NDArray[np.float32]:
    """Velocity noise (T, Z, X) in mm/s of a scanner in front of tissue at rest."""
    white = WHITE_SHARE[iq_snr]
    recording, _ = simulate(
        "speckle",
        seed,
        level=level,
        iq_snr=(iq_snr, iq_snr),
        white_noise=(white, white),
        **{**STILL, **changes},
    )
    noise: NDArray[np.float32] = recording.velocity - recording.velocity.mean(axis=0)
    return noise


def statistics(noise: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """Spectrum, correlation in space, and sizes of noise (T, Z, X).

    Returns:
        ``spectrum``: mean power in five equal bands from 0 to half the frame rate, mean 1;
        ``depth``, ``lateral``: correlation with the first, second and third neighbour;
        ``sizes``: 5th, 50th, 95th percentile of the pixels' standard deviation over its mean.
    """
    power = np.abs(np.fft.rfft(noise, axis=0)[1:]) ** 2
    relative = (power / power.mean(0)).mean((1, 2))
    bands = np.array([part.mean() for part in np.array_split(relative, 5)])
    size = noise.std(0)
    scaled = noise / size
    return {
        "spectrum": bands,
        "depth": np.array([float((scaled[:, k:] * scaled[:, :-k]).mean()) for k in (1, 2, 3)]),
        "lateral": np.array(
            [float((scaled[:, :, k:] * scaled[:, :, :-k]).mean()) for k in (1, 2, 3)]
        ),
        "sizes": np.percentile(size / size.mean(), [5, 50, 95]),
    }


def table() -> str:
    """The comparison as Markdown."""
    heading = ("IQ SNR", "level", "power by band, 0 to 50 Hz",
               "correlation in depth at 0.6, 1.2, 1.8 mm", "lateral",
               "noise by place, 5, 50, 95 %")  # fmt: skip
    rows = []
    for iq_snr in WHITE_SHARE:
        for level in ("speckle", "fast"):
            found = statistics(noise_of(level, iq_snr, duration=3.0))
            cells = [
                " ".join(f"{value + 0.0:.2f}" for value in np.round(found[name], 2))
                for name in ("spectrum", "depth", "lateral", "sizes")
            ]
            rows.append([f"{iq_snr:g} dB", level, *cells])
    return markdown(heading, rows, texts=len(heading)) + "\n"


if __name__ == "__main__":
    print(table())
