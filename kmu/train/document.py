"""The page ``kmu/docs/models.md``, made from what runs leave behind so that no figure is typed.

``python -m kmu.train.document --runs kmu=runs/base paper=runs/paper`` and the files of
``kmu.train.ablation``, ``kmu.evaluate.reliability`` and ``kmu.evaluate.durations``.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmu.config import TrainingConfig
from kmu.errors import exit_code
from kmu.evaluate.reliability import reliability_table
from kmu.evaluate.table import table_markdown
from kmu.files import replacing
from kmu.train.ablation import ablation_table
from kmu.train.curves import Point, draw_curves, milestone_table, read_run, write_thinned

_DOCS = Path(__file__).resolve().parents[1] / "docs"

_DESIGN = """# Models

Two models come with kmu. `kmu`, the default, is made by `python -m kmu.train --preset base`;
`paper`, by `--preset paper`, is the published pipeline (Ali et al. 2020: slow fusion alone, one
unit a place, no refinement) as we could rebuild it, trained on the same data for as long. How
well they do is on the [benchmark](benchmark.md) page, beside other methods, and in their `card.md`.

## Design

1. **Grid**: velocity is brought to 0.625 mm and 100 Hz, band-passed and normalised in the graph.
2. **Slow fusion**: 3D convolutions turn the sequence into 2D maps.
3. **Local correlation**: how each pixel's course correlates with its neighbours', without weights.
4. **Segmenter**: a U-Net over both proposes centres, scores and masks; several slots let units
   share a place. Of proposals with nearly one mask the strongest is kept.
5. **Unmixing**: the trains of all candidates follow jointly from their masks by ridge regression.
6. **Refinement**: the recording regressed on the trains shows each territory anew; a small network
   corrects the mask.
7. **Signal regressor**: a 1D network cleans each train and gives the probability of a firing. The
   next refinement regresses on these clean trains.
8. **Sieve and merging**, between two refinements: what is no unit is dropped, candidates with one
   train become one.
9. **Judge**: scores the unit by its territory, its train and what surrounds it; recalibrated on
   validation recordings, so that a score is a probability.
10. All of it is one graph: velocity, frame rate and pixel size in; territories, trains, firing
    probabilities and scores out.
"""

# Measured once, when the values in ``InferenceConfig`` were chosen.
_INFERENCE = """## Refinements

The refinements share their weights, so more of them can be used than were trained with. F1 of `kmu`
on 126 validation recordings (40 of `low_force`, 40 of `moderate`, 30 of `dense`, 16 of `speckle`),
each row at its best score threshold, and processor seconds a recording:

| refinements | proposals from | duplicates | merging | low_force | moderate | dense | speckle | s |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| 3, as trained | 0.1 | 0.42 | 0.7 | 0.954 | 0.939 | 0.807 | 0.923 | 0.22 |
| 3 | 0.2 | 0.42 | 0.7 | 0.958 | 0.929 | 0.809 | 0.915 | 0.21 |
| 4, as used | 0.1 | 0.42 | 0.7 | 0.960 | 0.934 | 0.818 | 0.925 | 0.26 |
| 4 | 0.1 | 0.42 | 0.8 | 0.955 | 0.922 | 0.820 | 0.909 | 0.29 |
| 4 | 0.1 | 0.55 | 0.7 | 0.960 | 0.935 | 0.821 | 0.922 | 0.26 |
| 5 | 0.1 | 0.42 | 0.7 | 0.957 | 0.931 | 0.814 | 0.915 | 0.29 |

`paper` has no refinement. Of `duplicate_iou` between 0.12 and 0.7 it is used with the best on
validation recordings, 0.3: F1 0.880, 0.735, 0.549 and 0.758, instead of 0.854, 0.730, 0.546 and
0.748 with the 0.7 it was trained with.

## Repeated

`python -m kmu.train --preset base` was run twice from nothing, with seeds 1 (`kmu`) and 2, side by
side on one core each. On the 200 `mixed` test recordings, with 95 % intervals:

| | F1 | precision | recall | IoU | train corr. | RoA |
|---|--:|--:|--:|--:|--:|--:|
| seed 1 | 0.793 (0.767-0.816) | 0.911 | 0.702 | 0.837 (0.830-0.843) | 0.880 | 0.839 |
| seed 2 | 0.790 (0.766-0.814) | 0.906 | 0.701 | 0.825 (0.818-0.832) | 0.883 | 0.845 |
| seed 1, regressor and judge alone for 300 more steps: `kmu` | 0.793 (0.766-0.816) | 0.918 | 0.697 | 0.839 (0.831-0.845) | 0.884 | 0.847 |

All figures of one lie within the intervals of the other but the IoU, which differs by 0.011. The
last 300 steps were not repeated. On two recordings of another simulator (32 units) both find 28;
seed 1 has two false ones, seed 2 one.

## Threshold

F1 of `kmu` by score threshold on the same 126 recordings, and on 24 of a plain simulator that was
written for this table alone (ellipses of uneven strength, damped twitches, noise that is smooth in
space; 6 to 25 units), before the last 300 steps:

| threshold | low_force | moderate | dense | speckle | other | precision, recall of other |
|--:|--:|--:|--:|--:|--:|--:|
| 0.35, best on `mixed` | 0.958 | 0.936 | 0.815 | 0.921 | 0.789 | 0.70, 0.91 |
| 0.45 | 0.959 | 0.935 | 0.815 | 0.922 | 0.817 | 0.75, 0.90 |
| 0.55, as used | 0.960 | 0.936 | 0.815 | 0.925 | 0.853 | 0.81, 0.90 |
| 0.60 | 0.957 | 0.934 | 0.810 | 0.930 | 0.874 | 0.85, 0.90 |
| 0.70 | 0.955 | 0.929 | 0.798 | 0.920 | 0.898 | 0.92, 0.88 |

So a model gets the highest threshold that costs at most 0.01 of F1 on validation recordings, and
for a new scanner another one is worth a look: `kmu.identify(recording, score_threshold=0.7)`.

## Tried and left out

F1, IoU and train correlation of matched units on the same 126 recordings, of `kmu` and of the network
before it (refinements on unmixed trains, a refiner of dilated layers, 8000 + 2400 steps in two
rounds):

| | low_force | moderate | dense | speckle |
|---|--:|--:|--:|--:|
| before | 0.972 / 0.818 / 0.971 | 0.928 / 0.787 / 0.952 | 0.791 / 0.762 / 0.924 | 0.907 / 0.779 / 0.954 |
| `kmu` | 0.960 / 0.828 / 0.962 | 0.934 / 0.811 / 0.937 | 0.818 / 0.803 / 0.890 | 0.925 / 0.803 / 0.939 |

More units, better territories; trains a little worse, most of all of the units that were not found
before. And of the network before, on 126 others, F1 and IoU:

| | low_force | moderate | dense | speckle |
|---|--:|--:|--:|--:|
| as it was | 0.970 / 0.815 | 0.947 / 0.794 | 0.794 / 0.763 | 0.893 / 0.767 |
| a third round, trained and used with four refinements | 0.968 / 0.824 | 0.946 / 0.802 | 0.790 / 0.771 | 0.878 / 0.766 |
| the same, 96 candidates instead of 64 | 0.968 / 0.824 | 0.946 / 0.802 | 0.782 / 0.769 | 0.878 / 0.766 |
| third round, and a second look after two of five refinements | 0.955 / 0.802 | 0.939 / 0.786 | 0.813 / 0.762 | 0.842 / 0.743 |

- The third round (4000 + 800 steps) made territories fit a little better and found no more units.
- The second look: the segmenter again, on what the units found so far leave unexplained, its
  proposals added. With weights that never saw such a remainder it found more of `dense` (recall 0.76
  instead of 0.71) and lost elsewhere, and every recording took longer.
"""  # noqa: E501

_JAX = """
`KERAS_BACKEND=jax python -m kmu.train` trains the same networks on JAX, from the same data into the
same checkpoint; the same command without it then calibrates, tests and exports with TensorFlow. JAX
compiles every length of clip anew (minutes on a CPU), so give `clip_frames` one length. Tried on a
CPU with `--preset tiny`, and with the weights of `kmu`, which give their golden answer to 7e-6; not
tried on a GPU."""

_LIMITS = """## Limits

- Trained and tested on simulated recordings only; nothing here was validated in vivo.
- Most test figures are from the simulator that trained the networks. On two recordings of another
  one `paper` does better than `kmu` (30 and 28 of 32 units; none and two false): too few to rank
  them, enough to say that the distance between them there is not the distance in the tables.
- Scores are probabilities on recordings like those that were simulated. Elsewhere they order units,
  and the threshold may have to be chosen anew.
- Units whose territories nearly coincide are missed or merged most often.
- A recording that is longer than 5 s is identified in blocks of 5 s, whose units are then linked.
"""


def document(
    runs: dict[str, tuple[TrainingConfig, list[Point]]],
    ablation: dict[str, Any] | None = None,
    reliability: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
) -> str:
    """The page's text; what was not measured has no section.

    Args:
        runs: configuration and logs of the trainings by the name of the model.
        ablation: of :mod:`kmu.train.ablation`.
        reliability: of :mod:`kmu.evaluate.reliability`.
        durations: of :mod:`kmu.evaluate.durations`.
    """
    parts = [_DESIGN]
    if runs:
        parts.append(_training_text(runs))
        parts.append(_INFERENCE)
    if ablation:
        counts = sorted({row["recordings"] for rows in ablation.values() for row in rows.values()})
        parts.append(
            "## Ablation\n\nOn "
            f"{' or '.join(map(str, counts))} validation recordings of the family trained on, F1 "
            "with its 95 % interval; thresholds are chosen on one half and used on the other. "
            "Stages are left out without training again; networks named with a number of steps "
            "are trained alike, from nothing, for so many. "
            "`python -m kmu.train.ablation` makes the table.\n\n" + ablation_table(ablation) + "\n"
        )
    if reliability:
        parts.append(
            "## Calibration\n\nOn simulated test recordings, which neither training nor "
            "calibration saw: the expected calibration error over all candidates (ten bins), and "
            "for the units that are given their mean score beside the share that is true. "
            "`python -m kmu.evaluate.reliability` makes it.\n\n"
            + reliability_table(reliability)
            + "\n\n![Reliability curves](figures/reliability.png)\n"
        )
    if durations:
        parts.append(
            "## Duration\n\nThe same muscles, recorded longer "
            "(`python -m kmu.evaluate.durations`); every method with its settings "
            "of the benchmark, which were tuned on 2 s.\n\n"
            "![Scores against duration](figures/durations.png)\n\n"
            + table_markdown(durations)
            + "\n"
        )
    parts.append(_LIMITS)
    return "\n".join(parts)


def _training_text(runs: dict[str, tuple[TrainingConfig, list[Point]]]) -> str:
    """Data, schedule and what each quarter of it bought."""
    parts = [
        "## Training\n",
        "Simulated recordings only ([simulator](simulator.md)). First the segmenter and slow "
        "fusion are trained on true centres and masks, then refiner, regressor, sieve and judge on "
        "what the frozen segmenter proposes. A later round does both again from the weights of "
        "the one before, its signals with one refinement more. In the end, where the configuration "
        "says so, regressor and judge are trained alone, on the territories as they will be used. "
        "Convolutions compute in bfloat16 "
        "where the processor or GPU has it (`precision`). AdamW, warm-up and "
        "cosine decay in every phase, clipped gradients, moving average of the weights. "
        "Augmentation: clips at random, smaller fields of view, mirroring, noise, averaging in "
        "space and time (`kmu` alone), superposed recordings.\n",
        "| model | preset | family | steps, segmentation + signals by round (+ regressor) "
        "| recordings a step | hours |",
        "|---|---|---|--:|--:|--:|",
    ]
    for name, (config, points) in runs.items():
        hours = points[-1].hours
        steps = " + ".join(f"{config.phase(name).steps}" for name in config.phases())
        parts.append(
            f"| {name} | {config.preset} | {config.data.family} | {steps} "
            f"| {config.data.batch_size} | {'-' if hours != hours else f'{hours:.2f}'} |"
        )
    parts.append(
        "\nWhat each quarter of a phase bought, on the training batches of that time (their weights"
        " are not averaged yet; all points are in [training.csv](figures/training.csv)):\n\n"
        "![Training curves](figures/training.png)"
    )
    for name, (_, points) in runs.items():
        parts.append(f"\n`{name}`:\n\n{milestone_table(points)}")
    parts.append(_JAX)
    return "\n".join(parts) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page, its figures and the thinned logs; files that are missing are left out."""
    parser = argparse.ArgumentParser(prog="python -m kmu.train.document", description=__doc__)
    parser.add_argument("--runs", nargs="*", default=[], metavar="NAME=DIR", help="of kmu.train")
    parser.add_argument("--ablation", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--reliability", type=Path, default=Path("runs/reliability"))
    parser.add_argument("--durations", type=Path, default=Path("runs/durations"))
    parser.add_argument("--out", type=Path, default=_DOCS / "models.md")
    arguments = parser.parse_args(argv)
    folders = {name: Path(place) for name, place in (item.split("=", 1) for item in arguments.runs)}
    runs = {
        name: (TrainingConfig.from_json(folder / "config.json"), read_run(folder))
        for name, folder in folders.items()
    }
    found: dict[str, Any] = {}
    figures = arguments.out.parent / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for name in ("ablation", "reliability", "durations"):
        folder = getattr(arguments, name)
        path = folder / f"{name}.json"
        found[name] = json.loads(path.read_text()) if path.is_file() else None
        if found[name] and (folder / f"{name}.png").is_file():
            shutil.copy(folder / f"{name}.png", figures)
    if runs:
        curves = {name: points for name, (_, points) in runs.items()}
        draw_curves(curves, figures / "training.png")
        write_thinned(curves, figures / "training.csv")
    with replacing(arguments.out) as temporary:
        temporary.write_text(document(runs, **found))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
