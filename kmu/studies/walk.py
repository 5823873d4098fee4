"""Figures of the page "how it works": what each stage of the identifier makes of a recording.

``python -m kmu.studies.walk --out kmu/docs/figures`` draws them, from the shipped model and one
simulated recording (``low_force``, seed 7).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.files import replacing
from kmu.identification.firings import firings_from_probability
from kmu.progress import say
from kmu.recording import Recording
from kmu.report.figures.style import MM_PER_INCH, PAGE_MM, colour_of, styled
from kmu.report.figures.where import draw_map
from kmu.simulation.look import simulate

FAMILY, SEED = "low_force", 7
STAGES = ("grid", "maps", "segmentation", "unmixing", "refinement", "firings", "judge")


@dataclass(frozen=True, eq=False)
class Walk:
    """What the stages make of one recording, all on the model's grid.

    Attributes:
        recording: what comes in.
        normal: (T, Z, X) velocity after the grid, without unit.
        rate: of it, Hz; ``side`` is the size of its pixels, mm.
        side: likewise.
        likeness: (Z, X) mean correlation of a pixel with its neighbours.
        centre: (Z, X) probability of a unit's centre.
        proposed: (K, Z, X) masks of the candidates that are kept in the end, as proposed.
        refined: (K, Z, X) the same after refinement.
        unmixed: (K, T) trains from the proposed masks.
        train: (K, T) clean ones, without unit.
        firing: (K, T) probability of a firing.
        score: (K,) of the judge.
        threshold: of score, then of firing.
    """

    recording: Recording
    normal: NDArray[np.float32]
    rate: float
    side: float
    likeness: NDArray[np.float32]
    centre: NDArray[np.float32]
    proposed: NDArray[np.float32]
    refined: NDArray[np.float32]
    unmixed: NDArray[np.float32]
    train: NDArray[np.float32]
    firing: NDArray[np.float32]
    score: NDArray[np.float32]
    threshold: tuple[float, float]


def walk(model: Path, recording: Recording) -> Walk:
    """Takes the identifier apart along its stages.

    Args:
        model: version folder with ``model.keras``; it has the maps of local correlation.
        recording: any.
    """
    import json

    from keras import ops

    from kmu.models.export import load_identifier
    from kmu.models.merging import best_of_its_train
    from kmu.models.segmenter import best_cells, mask_logits
    from kmu.models.unmixing import unmix

    identifier = load_identifier(model)
    config = identifier.config
    velocity = recording.velocity[None]
    rate = np.array([recording.frame_rate], np.float32)
    spacing = np.array([recording.spacing], np.float32)
    assert identifier.correlation is not None
    normal, _ = identifier.grid(velocity, rate, spacing)
    maps = identifier.maps(normal)
    units = identifier.units(normal, maps, config.segmenter.max_units, shorten=True)
    logits = identifier.score_scale * units["score_logits"] + identifier.score_offset
    score = ops.sigmoid(logits) * units["present"]
    score *= best_of_its_train(units["train"], score, config.signal.merge_correlation)
    score = ops.convert_to_numpy(score)[0]
    order = np.argsort(-score)[: int((score > 0).sum())]
    # The proposal of each unit: the one that overlaps most with what became of it.
    cell, _ = best_cells(maps["centre"], config.segmenter.max_units)
    masks = ops.convert_to_numpy(ops.sigmoid(mask_logits(maps, cell, config.segmenter.slots)))[0]
    refined = ops.convert_to_numpy(units["territory"])[0][order]
    both = np.minimum(refined[:, None], masks[None]).sum((2, 3))
    either = np.maximum(refined[:, None], masks[None]).sum((2, 3))
    proposed = masks[np.argmax(both / np.maximum(either, 1e-6), 1)]
    frames = ops.convert_to_numpy(normal)[0]
    flat = frames.reshape(1, len(frames), -1)
    unmixed = unmix(flat, proposed.reshape(1, len(proposed), -1), config.signal.ridge)
    likeness = ops.convert_to_numpy(identifier.correlation(normal))[0, :, :, :-1].mean(-1)
    firing = identifier.firing_scale * units["firing_logits"] + identifier.firing_offset
    thresholds = json.loads((model / "config.json").read_text())["thresholds"]
    return Walk(
        recording=recording,
        normal=frames,
        rate=config.grid.frame_rate,
        side=config.grid.spacing,
        likeness=likeness,
        centre=ops.convert_to_numpy(ops.sigmoid(ops.max(maps["centre"], axis=-1)))[0],
        proposed=proposed,
        refined=refined,
        unmixed=ops.convert_to_numpy(unmixed)[0],
        train=ops.convert_to_numpy(units["train"])[0][order],
        firing=ops.convert_to_numpy(ops.sigmoid(firing))[0][order],
        score=score[order],
        threshold=(thresholds["score"], thresholds["firing"]),
    )


def draw(data: Walk, stage: str) -> Any:
    """The figure of one of ``STAGES``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PAGE_MM / MM_PER_INCH, 62 / MM_PER_INCH), layout="constrained")
    FigureCanvasAgg(figure)
    _DRAWING[stage](data, figure)
    return figure


def _image(axes: Any, values: NDArray[np.float32], title: str, size: tuple[float, float], **how: Any
           ) -> None:  # fmt: skip
    depth, width = values.shape
    shown = axes.imshow(values, extent=(0, width * size[1], depth * size[0], 0), **how)
    axes.figure.colorbar(shown, ax=axes, shrink=0.8)
    axes.set(title=title, xlabel="lateral (mm)", ylabel="depth (mm)")


def _grid(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    frame = int(np.argmax(np.square(data.normal).mean((1, 2))))
    before = data.recording.velocity[round(frame * data.recording.frame_rate / data.rate)]
    most = float(np.abs(before).max())
    _image(left, before, "one frame of velocity (mm/s)", data.recording.spacing, cmap="RdBu_r",
           vmin=-most, vmax=most)  # fmt: skip
    after, size = data.normal[frame], (data.side, data.side)
    most = float(np.abs(after).max())
    _image(right, after, "the same on the model's grid", size, cmap="RdBu_r",
           vmin=-most, vmax=most)  # fmt: skip


def _maps(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    size = (data.side, data.side)
    power = np.sqrt(np.square(data.normal).mean(0))
    _image(left, power, "root mean square of the velocity", size, cmap="viridis")
    _image(right, data.likeness, "mean correlation with neighbours", size, cmap="viridis")


def _segmentation(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    size = (data.side, data.side)
    _image(left, data.centre, "probability of a centre", size, cmap="viridis", vmin=0, vmax=1)
    _outlines(right, data, data.proposed)
    right.set(title="proposed masks")


def _outlines(axes: Any, data: Walk, masks: NDArray[np.float32]) -> None:
    count = len(masks)
    draw_map(axes, np.sqrt(np.square(data.normal).mean(0)), masks, (data.side, data.side),
             [str(k + 1) for k in range(count)], [colour_of(k) for k in range(count)])  # fmt: skip


def _trains(axes: Any, data: Walk, trains: NDArray[np.float32], title: str) -> None:
    time = np.arange(trains.shape[1]) / data.rate
    for k, train in enumerate(trains):
        axes.plot(time, k - 0.45 * train / max(float(np.abs(train).max()), 1e-9), colour_of(k))
    axes.set(title=title, xlabel="time (s)", ylim=(len(trains) - 0.4, -0.7), xlim=(0, time[-1]),
             yticks=range(len(trains)), yticklabels=range(1, len(trains) + 1))  # fmt: skip


def _unmixing(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    mean = np.tensordot(data.proposed, data.normal, ((1, 2), (1, 2)))
    _trains(left, data, mean, "velocity summed over each mask")
    _trains(right, data, data.unmixed, "unmixed over all masks together")


def _refinement(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    _outlines(left, data, data.proposed)
    left.set(title="proposed masks")
    _outlines(right, data, data.refined)
    right.set(title="refined territories")


def _firings(data: Walk, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    _trains(left, data, data.train, "clean trains")
    _trains(right, data, 2 * data.firing, "probability of a firing, and firings")
    for k, times in enumerate(firings_from_probability(data.firing, data.rate, data.threshold[1])):
        right.plot(times, np.full(len(times), k + 0.2), "|", color="black", ms=3)


def _judge(data: Walk, figure: Any) -> None:
    axes = figure.subplots()
    place = np.arange(len(data.score))
    axes.bar(place, data.score, color=[colour_of(k) for k in range(len(place))])
    axes.axhline(data.threshold[0], color="black", lw=0.8, ls="--")
    axes.set(xticks=place, xticklabels=place + 1, xlabel="candidate", ylabel="score", ylim=(0, 1))
    axes.set_title("kept above the dashed line")


_DRAWING = {
    "grid": _grid, "maps": _maps, "segmentation": _segmentation, "unmixing": _unmixing,
    "refinement": _refinement, "firings": _firings, "judge": _judge,
}  # fmt: skip


def main() -> None:
    """Draws a figure for each stage."""
    from kmu.identification.finding import find_model

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    out = parser.parse_args().out
    recording, _ = simulate(FAMILY, seed=SEED)
    data = walk(find_model(None), recording)
    with styled():
        for stage in STAGES:
            with replacing(out / f"walk_{stage}.png") as path:
                draw(data, stage).savefig(path, dpi=90)
            say(f"{stage}: {out / f'walk_{stage}.png'}")


if __name__ == "__main__":
    main()
