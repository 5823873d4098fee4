"""What the models page says in words, and tables of what was tried once."""

DESIGN = """# Models

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
INFERENCE = """## Refinements

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

JAX = """
`KERAS_BACKEND=jax python -m kmu.train` trains the same networks on JAX, from the same data into the
same checkpoint; the same command without it then calibrates, tests and exports with TensorFlow. JAX
compiles every length of clip anew (minutes on a CPU), so give `clip_frames` one length. Tried on a
CPU with `--preset tiny`, and with the weights of `kmu`, which give their golden answer to 7e-6; not
tried on a GPU."""

LIMITS = """## Limits

- Trained and tested on simulated recordings only; nothing here was validated in vivo.
- Most test figures are from the simulator that trained the networks. On two recordings of another
  one `paper` does better than `kmu` (30 and 28 of 32 units; none and two false): too few to rank
  them, enough to say that the distance between them there is not the distance in the tables.
- Scores are probabilities on recordings like those that were simulated. Elsewhere they order units,
  and the threshold may have to be chosen anew.
- Units whose territories nearly coincide are missed or merged most often.
- A recording that is longer than 5 s is identified in blocks of 5 s, whose units are then linked.
"""
