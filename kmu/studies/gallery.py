"""Figures of the simulator's documentation: territories, raster, velocity frames.

``python -m kmu.studies.gallery --out FOLDER`` draws them.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.progress import say
from kmu.recording import Recording
from kmu.simulation.look import simulate

# Family, seed and title of each row of the gallery.
ROWS = (
    ("low_force", 7, "low_force"),
    ("dense", 7, "dense"),
    ("speckle", 7, "speckle"),
    ("paper", 7, "paper"),
)
_FRAMES = 3


def gallery() -> Any:
    """One row a family: territories, firings, three frames around the strongest motion.

    Returns:
        A matplotlib figure.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(ROWS),
        2 + _FRAMES,
        figsize=(13, 2.7 * len(ROWS)),
        layout="constrained",
        width_ratios=(1, 1.5, *(1,) * _FRAMES),
    )
    for row, (family, seed, title) in zip(axes, ROWS, strict=True):
        recording, truth = simulate(family, seed=seed)
        _territories(row[0], truth, title)
        _raster(row[1], recording, truth)
        _frames(row[2:], recording)
    return figure


def _extent(recording: Recording | MotorUnits, shape: tuple[int, ...]) -> tuple[float, ...]:
    dz, dx = recording.spacing
    return (0.0, shape[-1] * dx, shape[-2] * dz, 0.0)


def _territories(axis: Any, truth: MotorUnits, title: str) -> None:
    left, right, bottom, top = _extent(truth, truth.territory.shape)
    dz, dx = truth.spacing
    depth = (np.arange(truth.territory.shape[1]) + 0.5) * dz
    lateral = (np.arange(truth.territory.shape[2]) + 0.5) * dx
    for k, territory in enumerate(truth.territory):
        axis.contour(lateral, depth, territory, [0.5], colors=[f"C{k % 10}"], linewidths=1)
    axis.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", title=title)
    axis.set(xlabel="lateral, mm", ylabel="depth, mm")


def _raster(axis: Any, recording: Recording, truth: MotorUnits) -> None:
    axis.eventplot(truth.firings, colors=[f"C{k % 10}" for k in range(len(truth))], linewidths=1)
    axis.set(xlim=(0, recording.duration), xlabel="time, s", ylabel="motor unit")
    axis.set(title=f"{len(truth)} units, {recording.meta['snr_db']:.0f} dB")


def _frames(axes: Any, recording: Recording) -> None:
    strength = np.square(recording.velocity).mean((1, 2))
    middle = int(np.clip(strength.argmax(), 4, len(strength) - 5))
    limit = float(np.percentile(np.abs(recording.velocity[middle]), 99))
    for axis, index in zip(axes, (middle - 3, middle, middle + 3), strict=True):
        image = axis.imshow(
            recording.velocity[index],
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            extent=_extent(recording, recording.velocity.shape),
        )
        axis.set(title=f"{index / recording.frame_rate:.2f} s", xticks=[], yticks=[])
    axes[-1].figure.colorbar(image, ax=axes[-1], label="mm/s")


def main() -> None:
    """Writes ``simulator_gallery.png`` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("kmu/docs/figures"), help="folder")
    from PIL import Image

    target = parser.parse_args().out / "simulator_gallery.png"
    with replacing(target) as temporary:
        gallery().savefig(temporary, dpi=60)
        # 96 colours are enough, and keep the file small.
        Image.open(temporary).convert("RGB").quantize(96).save(temporary, optimize=True)
    say(f"wrote {target}")


if __name__ == "__main__":
    main()
