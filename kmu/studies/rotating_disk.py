"""A real scanner's rotating disk: do both velocity estimators see a rigid rotation?

``python -m kmu.studies.rotating_disk rotatingDisk.mat`` beamforms channel data of a disk of tissue
phantom that rotates (PyMUST's examples, creatis-ULTIM/PyMUST) and keeps in
``kmu/docs/results/rotating_disk.json`` the plane that fits the velocity. A rigid rotation has one
gradient across, none in depth, and nothing is left. Needs the
extra ``point_spread`` (pymust).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from kmu.errors import exit_code
from kmu.files import replacing
from kmu.progress import say
from kmu.studies.run_facts import run_facts
from kmu.velocity.estimation import velocity_from_iq

KEPT = Path(__file__).resolve().parents[1] / "docs" / "results" / "rotating_disk.json"
_STEP_MM = 0.125
_F_NUMBER = 1.5
_WITHIN_MM = 8.5
"""Of the disk's centre, which is 1 cm from its edge."""


def beamformed(file: Path) -> tuple[NDArray[np.complex64], NDArray[np.float64], dict[str, float]]:
    """IQ frames (T, Z, X) of the channel data, the lines' places (X,) in mm, and the scan."""
    import pymust

    held = loadmat(file, squeeze_me=True)
    kept = held["param"]
    scan = {name: float(kept[name].item()) for name in ("fs", "pitch", "fc", "c", "t0", "PRF")}
    param = pymust.utils.Param()
    for name, value in scan.items():
        setattr(param, name, np.array([value]) if name == "t0" else value)
    param.Nelements, param.TXdelay = held["RF"].shape[1], np.zeros((1, held["RF"].shape[1]))
    param.fnumber = _F_NUMBER
    signal = pymust.rf2iq(held["RF"].astype(np.float64), param)
    signal = signal[0] if isinstance(signal, tuple) else signal
    across = np.linspace(-12.5, 12.5, 101)
    depth = np.arange(10.0, 35.0, _STEP_MM)
    x, z = np.meshgrid(across / 1000, depth / 1000)
    matrix = pymust.dasmtx(1j * np.array(signal.shape[:2]), x, z, param)
    matrix = matrix[0] if isinstance(matrix, tuple) else matrix
    flat = signal.reshape(-1, signal.shape[2], order="F")
    frames = (matrix @ flat).reshape(*x.shape, -1, order="F")
    return np.moveaxis(frames, -1, 0).astype(np.complex64), across, scan


def fitted_plane(velocity: NDArray[np.float32], across: NDArray[np.float64]) -> dict[str, float]:
    """The plane through the velocity (Z, X) of the disk, in mm/s and mm.

    The disk's centre is that of the image; only pixels within ``_WITHIN_MM`` of it count.
    """
    depth = np.arange(len(velocity)) * _STEP_MM
    z, x = np.meshgrid(depth - depth.mean(), across, indexing="ij")
    inside = np.hypot(z, x) <= _WITHIN_MM
    design = np.stack([x[inside], z[inside], np.ones(inside.sum())], axis=1)
    values = velocity[inside].astype(np.float64)
    plane, *_ = np.linalg.lstsq(design, values, rcond=None)
    left = values - design @ plane
    return {
        "across": float(plane[0]),
        "in_depth": float(plane[1]),
        "residual": float(left.std()),
        "residual_share": float(left.std() / np.abs(design @ plane).max()),
    }


def measured(file: Path) -> dict[str, Any]:
    """The plane of each estimator."""
    frames, across, scan = beamformed(file)
    planes = {}
    for estimator in ("kasai", "loupas"):
        velocity = velocity_from_iq(
            frames,
            scan["PRF"],
            _STEP_MM,
            scan["fc"],
            frames=len(frames) - 1,
            estimator=estimator,
            sound_speed=scan["c"],
        )
        planes[estimator] = fitted_plane(velocity[0], across)
    return planes


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.rotating_disk")
    parser.add_argument("file", type=Path, help="channel data: RF and param")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    told = {
        **run_facts("python -m kmu.studies.rotating_disk"),
        "unit": "across and in_depth: mm/s per mm; residual: mm/s, and over the largest velocity",
        "planes": measured(arguments.file),
    }
    with replacing(arguments.out) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n")
    say(f"{arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
