"""Figure of six stress recordings: what the shipped model finds, misses and invents.

``python -m kmu.studies.outlines --out FOLDER`` draws it.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import kmu
from kmu.evaluation.match import match_units
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.progress import say
from kmu.recording import Recording
from kmu.stress import make_recording

# Family and index: the first recordings of six families, not the ones that look best.
PANELS = (("plain", 0), ("few", 0), ("shadow", 0), ("noise", 0), ("many", 0), ("spread", 0))
# Okabe and Ito's colours, told apart by the colour-blind; each has a line of its own too.
_STYLES = {
    "true and found": ("#000000", "solid", 0.8),
    "found, where it is true": ("#0072B2", "solid", 1.2),
    "missed": ("#D55E00", "dashed", 1.6),
    "found, but no unit": ("#CC79A7", "dotted", 2.0),
}


def outlines(panels: tuple[tuple[str, int], ...] = PANELS) -> Any:
    """One panel a recording: outlines of true and found units over the velocity's power.

    Returns:
        A matplotlib figure.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = -(-len(panels) // 3)
    figure, axes = pyplot.subplots(
        rows, 3, figsize=(10.5, 3.9 * rows), layout="constrained", squeeze=False
    )
    for axis, (family, index) in zip(axes.flat, panels, strict=False):
        recording, truth = make_recording(family, index)
        _panel(axis, family, recording, truth, kmu.identify(recording))
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    lines = [
        matplotlib.lines.Line2D([], [], color=colour, linestyle=dashes, linewidth=width, label=name)
        for name, (colour, dashes, width) in _STYLES.items()
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    return figure


def _panel(
    axis: Any, family: str, recording: Recording, truth: MotorUnits, found: MotorUnits
) -> None:
    matching = match_units(found, truth)
    depth, width = truth.territory.shape[1:]
    dz, dx = recording.spacing
    axis.imshow(
        recording.velocity.std(axis=0),
        cmap="Greys",
        extent=(0, width * dx, depth * dz, 0),
        alpha=0.5,
    )
    x, z = (np.arange(-1, width + 1) + 0.5) * dx, (np.arange(-1, depth + 1) + 0.5) * dz
    kinds = dict.fromkeys(range(len(truth)), "missed")
    kinds.update(dict.fromkeys(matching.truth.tolist(), "true and found"))
    right = set(matching.found.tolist())
    theirs = [(truth.territory[k], kind) for k, kind in kinds.items()]
    ours = [
        (territory, "found, where it is true" if k in right else "found, but no unit")
        for k, territory in enumerate(found.territory)
    ]
    for territory, kind in theirs + ours:
        colour, dashes, thick = _STYLES[kind]
        axis.contour(
            x,
            z,
            np.pad(territory, 1),
            levels=[0.5],
            colors=[colour],
            linewidths=thick,
            linestyles=dashes,
        )
    axis.set(aspect="equal", xlabel="lateral, mm", ylabel="depth, mm")
    axis.set_title(
        f"{family}: {len(matching.found)} of {len(truth)} found, "
        f"{len(found) - len(matching.found)} false",
        fontsize="medium",
    )


def main() -> None:
    """Writes ``stress_outlines.png`` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("kmu/docs/figures"), help="folder")
    target = parser.parse_args().out / "stress_outlines.png"
    with replacing(target) as temporary:
        outlines().savefig(temporary, dpi=80)
    say(f"wrote {target}")


if __name__ == "__main__":
    main()
