"""What the models page says in words, and tables of what was tried once."""

DESIGN = """# Models

Two models come with kmu. `kmu`, the default, is made by `python -m kmu.train --preset base`;
`paper`, by `--preset paper`, is the published pipeline (Ali et al. 2020: slow fusion alone, one
unit a place, no refinement) as we could rebuild it, trained on the same data for nearly as long.
How well they do is on the [benchmark](benchmark.md) page, beside other methods, and in their
`card.md`.

## Design

1. **Grid**: velocity is brought to 0.625 mm and 100 Hz, band-passed and normalised in the graph.
2. **Slow fusion**: 3D convolutions turn the sequence into 2D maps.
3. **Local correlation**: how each pixel's course correlates with its neighbours', without weights.
4. **Segmenter**: a U-Net over both proposes centres, scores and masks; several slots let units
   share a place. Of proposals with nearly one mask the strongest is kept.
5. **Unmixing**: the trains of all candidates follow jointly from their masks by ridge regression.
6. **Refinement**: the recording regressed on the trains shows each territory anew; a small network
   corrects the mask, and gives what is added to it for the weights of the next unmixing. Masks are
   trained on true territories, weights by the trains that they give.
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

The refinements share their weights, so more of them can be used than were trained with; the other
values below do not touch weights either. F1 / RoA of matched units at score 0.5, of `kmu` as it was
before its last phase, on 126 validation recordings (40 of `low_force`, 40 of `moderate`, 30 of
`dense`, 16 of `speckle`) and on the 24 `other` ones of the section on the threshold. The row in
bold is what the last phase of `kmu` was trained with (there with duplicates from 0.55):

| refinements | proposals from | duplicates from | sieve keeps from | merging | low_force | moderate | dense | speckle | other |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| 4 | 0.1 | 0.42 | 0.2 | 0.7 | 0.960 / 0.935 | 0.952 / 0.944 | 0.885 / 0.897 | 0.952 / 0.933 | 0.885 / 0.934 |
| 4 | 0.1 | 0.42 | 0.05 | 0.7 | 0.963 / 0.941 | 0.954 / 0.948 | 0.889 / 0.902 | 0.954 / 0.936 | 0.879 / 0.931 |
| 4 | 0.1 | 0.42 | 0.02 | 0.7 | 0.963 / 0.942 | 0.953 / 0.948 | 0.886 / 0.902 | 0.954 / 0.936 | 0.886 / 0.920 |
| 4 | 0.05 | 0.42 | 0.05 | 0.7 | 0.971 / 0.943 | 0.955 / 0.947 | 0.891 / 0.901 | 0.957 / 0.932 | 0.876 / 0.931 |
| 4 | 0.1 | 0.5 | 0.05 | 0.7 | 0.959 / 0.941 | 0.960 / 0.950 | 0.886 / 0.902 | 0.957 / 0.936 | 0.901 / 0.914 |
| 4 | 0.05 | 0.5 | 0.05 | 0.7 | 0.967 / 0.946 | 0.958 / 0.949 | 0.886 / 0.902 | 0.954 / 0.937 | 0.901 / 0.914 |
| 4 | 0.05 | 0.5 | 0.05 | 0.75 | 0.959 / 0.946 | 0.958 / 0.951 | 0.880 / 0.903 | 0.950 / 0.936 | 0.890 / 0.912 |
| 4 | 0.05 | 0.5 | 0.1 | 0.7 | 0.960 / 0.945 | 0.958 / 0.948 | 0.884 / 0.901 | 0.954 / 0.939 | 0.911 / 0.913 |
| **4** | **0.05** | **0.56** | **0.05** | **0.7** | 0.965 / 0.946 | 0.956 / 0.952 | 0.884 / 0.901 | 0.959 / 0.932 | 0.909 / 0.916 |
| 3 | 0.1 | 0.42 | 0.05 | 0.7 | 0.961 / 0.942 | 0.944 / 0.945 | 0.874 / 0.901 | 0.947 / 0.932 | 0.880 / 0.930 |
| 5 | 0.1 | 0.42 | 0.05 | 0.7 | 0.960 / 0.940 | 0.957 / 0.949 | 0.895 / 0.900 | 0.961 / 0.933 | 0.885 / 0.923 |

After that phase the same was done once more, at score 0.55. Proposals from 0.1 instead of 0.05 cost
nothing, and the first refinement, the longest of all, looks at fewer candidates: a sixth less
processor time. So `kmu` is used with the row in bold here:

| refinements | proposals from | duplicates from | low_force | moderate | dense | speckle | other |
|--:|--:|--:|--:|--:|--:|--:|--:|
| 4 | 0.05 | 0.55 | 0.969 / 0.951 | 0.964 / 0.955 | 0.894 / 0.922 | 0.983 / 0.947 | 0.931 / 0.935 |
| **4** | **0.1** | **0.55** | 0.965 / 0.953 | 0.965 / 0.953 | 0.894 / 0.922 | 0.983 / 0.946 | 0.934 / 0.934 |
| 4 | 0.2 | 0.55 | 0.963 / 0.950 | 0.948 / 0.951 | 0.875 / 0.917 | 0.958 / 0.947 | - |
| 4 | 0.1 | 0.5 | 0.967 / 0.951 | 0.966 / 0.952 | 0.894 / 0.923 | 0.976 / 0.949 | 0.923 / 0.938 |
| 3 | 0.1 | 0.55 | 0.964 / 0.951 | 0.958 / 0.953 | 0.881 / 0.922 | 0.980 / 0.946 | - |
| 5 | 0.1 | 0.55 | 0.967 / 0.953 | 0.964 / 0.952 | 0.902 / 0.921 | 0.983 / 0.945 | - |

`paper` has no refinement. Of `duplicate_iou` between 0.12 and 0.7 it is used with the best on
validation recordings, 0.3: F1 0.880, 0.735, 0.549 and 0.758, instead of 0.854, 0.730, 0.546 and
0.748 with the 0.7 it was trained with.

## Repeated

`kmu` was made with seed 1, phase by phase, its last two phases with candidates from 0.05. `python -m
kmu.train --preset base --seed 2` was then run from nothing to its end on two cores without bfloat16,
stopped once, between segmentation and signals. On the 200 `mixed` test recordings, with 95 % intervals:

| | F1 | precision | recall | IoU | train corr. | RoA |
|---|--:|--:|--:|--:|--:|--:|
| seed 1: `kmu` | 0.853 (0.830-0.874) | 0.933 (0.922-0.944) | 0.785 (0.751-0.816) | 0.861 (0.854-0.868) | 0.926 (0.918-0.934) | 0.904 (0.893-0.914) |
| seed 2, in one go | 0.855 (0.834-0.876) | 0.931 (0.921-0.941) | 0.790 (0.758-0.820) | 0.863 (0.856-0.869) | 0.927 (0.920-0.934) | 0.907 (0.895-0.917) |

All figures of seed 2 lie within the intervals of seed 1, and its thresholds are the same (0.55, 0.40).

Before the phase `together` both seeds had been compared too, side by side on one core each: F1 0.819
(0.792-0.846) and 0.825, IoU 0.847 and 0.843, RoA 0.885 and 0.886.

The hours above are of two trainings that shared a machine with bfloat16; those of `together`, and
of seed 2, of a slower one without it, alone on two cores but for tests now and then. Those of `paper` are longer than
they need be: in most of them TensorFlow compiled one convolution anew for every size of batch, and a
step of its signals took 0.66 s instead of 0.24.

## Threshold

F1 of `kmu` by score threshold on the same 126 recordings, and on 24 of a plain simulator that was
written for this page alone (ellipses of uneven strength, damped twitches, noise that is smooth in
space; 6 to 25 units), beside `kmu` before its last phase and `paper` there:

| threshold | low_force | moderate | dense | speckle | other | other, before the last phase | other, `paper` |
|--:|--:|--:|--:|--:|--:|--:|--:|
| 0.35 | 0.966 | 0.968 | 0.891 | 0.983 | 0.924 | 0.882 | 0.534 |
| 0.45 | 0.967 | 0.967 | 0.894 | 0.983 | 0.932 | 0.886 | 0.611 |
| 0.50 | 0.967 | 0.966 | 0.892 | 0.983 | 0.935 | 0.885 | 0.647 |
| 0.55, as used | 0.965 | 0.965 | 0.894 | 0.983 | 0.934 | 0.885 | 0.678 |
| 0.60 | 0.964 | 0.965 | 0.892 | 0.978 | 0.933 | 0.885 | 0.707 |
| 0.70 | 0.965 | 0.964 | 0.888 | 0.982 | 0.929 | 0.880 | 0.751 |

A model gets the highest threshold that costs at most 0.003 of F1 on validation recordings: false
units have higher scores on recordings of another kind. For a new scanner another one is worth a
look: `kmu.identify(recording, score_threshold=0.4)`.

On an earlier simulator of this kind nearly all false units of an earlier `kmu` were patches of noise,
with scores of 0.6 to 0.9, until regressor and judge were trained with noise that neighbouring pixels
share (`regressor_noise`; F1 there 0.871, then 0.943). Neither simulator is a test: the noise was added
because of the first, and the share of overlap for duplicates was chosen with the second.

## All that follows the proposals, trained together

The last phase. Regressor and judge had been trained on the candidates and refinements as they are
used, but not refiner and sieve, and all of them had seen few recordings. On the same recordings, F1,
IoU, train correlation and RoA of matched units at threshold 0.5, each with the values then in use
(proposals from 0.05):

| | low_force | moderate | dense | speckle | other |
|---|--:|--:|--:|--:|--:|
| before it | 0.965 0.818 0.969 0.946 | 0.956 0.815 0.972 0.952 | 0.884 0.806 0.938 0.901 | 0.959 0.813 0.972 0.932 | 0.909 0.810 0.920 0.916 |
| after 700 of 1600 steps | 0.962 0.831 0.965 0.945 | 0.962 0.823 0.970 0.952 | 0.887 0.815 0.941 0.908 | 0.972 0.811 0.973 0.943 | 0.912 0.832 0.922 0.923 |
| after it: `kmu` | 0.972 0.833 0.972 0.951 | 0.965 0.830 0.973 0.955 | 0.892 0.823 0.945 0.920 | 0.983 0.819 0.974 0.947 | 0.929 0.841 0.925 0.933 |
| the same, 3 refinements instead of 4 | 0.968 0.830 0.975 0.954 | 0.963 0.828 0.973 0.955 | 0.879 0.817 0.944 0.920 | 0.967 0.818 0.978 0.949 | 0.917 0.841 0.924 0.931 |
| the same, 5 refinements | 0.973 0.829 0.971 0.950 | 0.969 0.829 0.970 0.953 | 0.903 0.821 0.943 0.919 | 0.989 0.819 0.973 0.946 | 0.929 0.840 0.928 0.936 |

The first row is with duplicates from 0.56. Three refinements take about a tenth to a seventh less
time. Without the sieve: F1 0.973, 0.965, 0.895, 0.978 and 0.915, and a quarter more processor time.

## Weights of unmixing

Trains are unmixed with the masks plus what the refiner adds to them. How that came about, on the
126 other recordings (F1, IoU, train correlation and RoA of matched units at threshold 0.5), before
the last phase:

| | low_force | moderate | dense | speckle |
|---|--:|--:|--:|--:|
| two rounds, refinements on unmixed trains, trains' loss shapes masks | 0.972 0.818 0.971 0.951 | 0.928 0.787 0.952 0.928 | 0.791 0.762 0.924 0.888 | 0.907 0.779 0.954 0.919 |
| refinements on clean trains, it does not | 0.960 0.828 0.963 0.944 | 0.937 0.812 0.934 0.902 | 0.817 0.803 0.890 0.838 | 0.922 0.806 0.940 0.904 |
| the same, it does (without the regressor phase) | 0.974 0.813 0.969 0.948 | 0.935 0.801 0.953 0.924 | 0.841 0.782 0.924 0.875 | 0.931 0.792 0.957 0.917 |
| masks and weights apart, as in `kmu` | 0.970 0.834 0.967 0.946 | 0.956 0.824 0.959 0.934 | 0.869 0.813 0.933 0.883 | 0.945 0.819 0.961 0.926 |

Of the units that the first two rows both found, trains unmixed with the masks of the first were
better: correlation 0.901 instead of 0.875 in `dense`, 0.934 instead of 0.919 in `moderate`, as good
as with the true outlines (0.901 and 0.932). Masks that serve the trains fit the outlines less; hence
two maps. As a change of the mask's logits, within 0 and 1, the second one brought nothing in 400
steps; added to the mask, of either sign, it did in 100. The mask's part of the loss was doubled with
it, since both maps come from one small network.

Firings that are still missed, of units whose trains correlate more than 0.9 (measured with the second
row's network): nearly all in the last 20 ms of a recording, and four in five of those 20 to 30 ms
before its end, where the twitch has hardly begun; that is two fifths of what is missed in 2 s of
`low_force`. About half of all that is missed is there, but 10 to 20 ms off.

## Tried and left out

Of the network of the first row above, on 126 others, F1 and IoU:

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
- More noise that pixels share, in every second recording of the phase `regressor`: no more units in
  the earlier `other`, and worse firings of crowded recordings. No averaging in time and space in that phase: firings were
  no better. A larger ridge in use than in training (0.05 or 0.1 instead of 0.02), with the second
  row's network: RoA of `moderate` and `dense` 0.01 better, F1 0.01 worse.
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
  one `paper` finds as many units as `kmu` (30 of 32; none and one false), on 24 of a third one far
  fewer: too few to say by how much they differ elsewhere.
- Processor seconds of `kmu` and `paper` by duration are of a machine that takes half as long again
  as that of the other methods' rows.
- Scores are probabilities on recordings like those that were simulated. Elsewhere they order units,
  and the threshold may have to be chosen anew.
- Units whose territories nearly coincide are missed or merged most often.
- A recording that is longer than 5 s is identified in blocks of 5 s, whose units are then linked.
"""
