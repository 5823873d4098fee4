"""What the models page says in words, and tables of what was tried once."""

DESIGN = """# Models

Two models come with kmu. `kmu`, the default, is made by `python -m kmu.train --preset base`;
`paper`, by `--preset paper`, is the published pipeline (Ali et al. 2020: slow fusion alone, one
unit a place, no refinement) as we could rebuild it. Both saw 98 000 clips of the same 4 000
simulated recordings. How well they do is on the [benchmark](benchmark.md) page, beside other
methods, and in their `card.md`.

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
values below do not touch weights either. F1 / RoA of matched units at score 0.55 on 126 validation
recordings (40 of `low_force`, 40 of `moderate`, 30 of `dense`, 16 of `speckle`) and on the 24
`other` ones of the section on the threshold. The row in bold is `kmu`:

| network | refinements | proposals from | sieve keeps from | low_force | moderate | dense | speckle | other |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
| former | 4 | 0.1 | 0.05 | 0.965 / 0.953 | 0.965 / 0.953 | 0.894 / 0.922 | 0.983 / 0.946 | 0.934 / 0.934 |
| **base, seed 1** | **3** | **0.1** | **0.05** | 0.974 / 0.952 | 0.966 / 0.950 | 0.911 / 0.925 | 0.981 / 0.950 | 0.963 / 0.949 |
| base, seed 1 | 4 | 0.1 | 0.05 | 0.976 / 0.953 | 0.965 / 0.951 | 0.918 / 0.924 | 0.983 / 0.949 | 0.959 / 0.950 |
| base, seed 1 | 3 | 0.2 | 0.05 | 0.970 / 0.953 | 0.951 / 0.949 | 0.895 / 0.919 | 0.969 / 0.955 | - |
| base, seed 2 | 3 | 0.1 | 0.05 | 0.968 / 0.959 | 0.972 / 0.958 | 0.906 / 0.930 | 0.972 / 0.952 | 0.936 / 0.937 |
| larger | 4 | 0.1 | 0.05 | 0.984 / 0.963 | 0.972 / 0.960 | 0.918 / 0.935 | 0.985 / 0.959 | 0.937 / 0.951 |
| larger | 4 | 0.1 | 0.2 | 0.984 / 0.963 | 0.972 / 0.959 | 0.913 / 0.934 | 0.983 / 0.960 | - |
| larger | 4 | 0.15 | 0.05 | 0.983 / 0.962 | 0.971 / 0.959 | 0.918 / 0.935 | 0.976 / 0.960 | - |
| larger | 3 | 0.1 | 0.05 | 0.986 / 0.962 | 0.969 / 0.959 | 0.905 / 0.936 | 0.985 / 0.958 | 0.932 / 0.947 |
| larger | 3 | 0.2 | 0.05 | 0.976 / 0.962 | 0.962 / 0.959 | 0.893 / 0.934 | 0.965 / 0.960 | - |

- *Former* is the `kmu` before: 44 000 clips of 2 000 recordings, 48 channels in the signal
  regressor, correlation with seven offsets, trained with four refinements.
- *Larger* is that network, trained as `base` is. What is new in `base` is the training, twice as
  long and varied, and the size: 32 channels, five offsets, three refinements. Territories gain by
  the training alone (IoU 0.866, 0.862, 0.852 and 0.836 in the four families; larger 0.860, 0.861,
  0.851 and 0.835; former 0.837, 0.831, 0.824 and 0.822), trains and firings by the size as well.
- `kmu` is the small one, because it takes 72 to 92 % of the time of the larger with four
  refinements (the less the more units there are); a fourth refinement costs 13 to 20 ms of about
  100 and finds a little more in `dense`. Of its two seeds the first does as well as the second on
  the families and better on `other`.

`paper` has no refinement. Of `duplicate_iou` 0.2, 0.3, 0.42, 0.55 and 0.7 it is used, and in its
last phase trained, with the best on validation recordings, 0.3: F1 0.846, 0.789, 0.578 and 0.805 at
its threshold, 0.40, instead of 0.824, 0.769, 0.576 and 0.807 with 0.7.

## Repeated

`kmu` was made with seed 1 in one go, and `base` with seed 2 beside it (stopped once for 100 s
before its signals). *Again* is the same command once more, with a later version of the code, in which
training was made simpler, from nothing in one go. On the 200 `mixed` test recordings, with 95 %
intervals:

| | F1 | precision | recall | IoU | train corr. | RoA |
|---|--:|--:|--:|--:|--:|--:|
| seed 1: `kmu` | 0.860 (0.838-0.880) | 0.946 (0.937-0.955) | 0.788 (0.755-0.818) | 0.881 (0.874-0.888) | 0.928 (0.920-0.935) | 0.909 (0.898-0.918) |
| seed 1, again | 0.863 (0.843-0.882) | 0.944 (0.936-0.953) | 0.795 (0.763-0.823) | 0.876 (0.869-0.882) | 0.931 (0.924-0.938) | 0.908 (0.897-0.919) |
| seed 2 | 0.860 (0.839-0.879) | 0.949 (0.942-0.957) | 0.786 (0.754-0.816) | 0.873 (0.866-0.879) | 0.933 (0.925-0.939) | 0.913 (0.901-0.923) |

All figures of the second run with seed 1 lie within the intervals of the first, and those of seed 2
but IoU, which is 0.001 below (the intervals are of recordings, not of trainings). Thresholds: 0.60 and
0.40, again 0.55 and 0.40, seed 2 0.60 and 0.40. The weights are not the same: another machine, later code. The
hours of seed 1, seed 2 and the larger network are of one machine that trained all three at once,
those of *again* of one that trained five.

`paper` was trained on two cores without bfloat16, from nothing in one run; for some minutes of it
other programs took a part of them.

## Threshold

F1 of `kmu` by score threshold on the same 126 recordings, and on 24 of a plain simulator that was
written for this page alone (ellipses of uneven strength, damped twitches, noise that is smooth in
space; 6 to 25 units), beside the former `kmu` and `paper` there:

| threshold | low_force | moderate | dense | speckle | other | other, former | other, `paper` |
|--:|--:|--:|--:|--:|--:|--:|--:|
| 0.35 | 0.967 | 0.965 | 0.909 | 0.974 | 0.957 | 0.924 | 0.717 |
| 0.45 | 0.973 | 0.966 | 0.911 | 0.978 | 0.965 | 0.932 | 0.748 |
| 0.50 | 0.974 | 0.966 | 0.912 | 0.981 | 0.961 | 0.935 | 0.765 |
| 0.55 | 0.974 | 0.966 | 0.911 | 0.981 | 0.964 | 0.934 | 0.775 |
| 0.60, as used | 0.976 | 0.966 | 0.910 | 0.981 | 0.961 | 0.933 | 0.775 |
| 0.70 | 0.976 | 0.965 | 0.906 | 0.980 | 0.956 | 0.929 | 0.775 |

A model gets the highest threshold that costs at most 0.003 of F1 on validation recordings: false
units have higher scores on recordings of another kind. For a new scanner another one is worth a
look: `kmu.identify(recording, score_threshold=0.4)`.

On an earlier simulator of this kind nearly all false units of an earlier `kmu` were patches of noise,
with scores of 0.6 to 0.9, until regressor and judge were trained with noise that neighbouring pixels
share (`together_noise`; F1 there 0.871, then 0.943). Neither simulator is a test: the noise was added
because of the first, and the share of overlap for duplicates was chosen with the second.

## Firing times

By how much matched firings are off: median of a unit's firings that match within ±20 ms, after one
constant lag a unit, then the mean over matched units; ms, with 95 % intervals, on the 200 test
recordings of each family of the benchmark. A frame of the model's grid lasts 10 ms.

| family | `kmu` | `paper` | spatial ICA |
|---|--:|--:|--:|
| low_force | 2.20 (2.10-2.30) | 2.21 (2.09-2.32) | 2.62 (2.49-2.73) |
| moderate | 2.27 (2.17-2.35) | 2.47 (2.38-2.57) | 2.83 (2.72-2.94) |
| dense | 2.62 (2.53-2.71) | 2.88 (2.79-2.98) | 2.96 (2.85-3.06) |
| speckle | 2.54 (2.44-2.64) | 2.78 (2.67-2.88) | 3.25 (3.13-3.38) |
| paper | 1.01 (0.98-1.04) | 1.07 (1.03-1.12) | 1.06 (1.00-1.11) |

## All that follows the proposals, trained together

The last phase, as it was first tried, with the former network: regressor and judge had been trained
on the candidates and refinements as they are used, but not refiner and sieve. F1, IoU, train
correlation and RoA of matched units at threshold 0.5, each with the values then in use:

| | low_force | moderate | dense | speckle | other |
|---|--:|--:|--:|--:|--:|
| before it | 0.965 0.818 0.969 0.946 | 0.956 0.815 0.972 0.952 | 0.884 0.806 0.938 0.901 | 0.959 0.813 0.972 0.932 | 0.909 0.810 0.920 0.916 |
| after 700 of 1600 steps | 0.962 0.831 0.965 0.945 | 0.962 0.823 0.970 0.952 | 0.887 0.815 0.941 0.908 | 0.972 0.811 0.973 0.943 | 0.912 0.832 0.922 0.923 |
| after it | 0.972 0.833 0.972 0.951 | 0.965 0.830 0.973 0.955 | 0.892 0.823 0.945 0.920 | 0.983 0.819 0.974 0.947 | 0.929 0.841 0.925 0.933 |

Since then it follows the signals at once, and a phase of its own for the regressor is left out.

## Weights of unmixing

Trains are unmixed with the masks plus what the refiner adds to them. How that came about, on the
126 other recordings (F1, IoU, train correlation and RoA of matched units at threshold 0.5), with
earlier networks:

| | low_force | moderate | dense | speckle |
|---|--:|--:|--:|--:|
| two rounds, refinements on unmixed trains, trains' loss shapes masks | 0.972 0.818 0.971 0.951 | 0.928 0.787 0.952 0.928 | 0.791 0.762 0.924 0.888 | 0.907 0.779 0.954 0.919 |
| refinements on clean trains, it does not | 0.960 0.828 0.963 0.944 | 0.937 0.812 0.934 0.902 | 0.817 0.803 0.890 0.838 | 0.922 0.806 0.940 0.904 |
| the same, it does (without the regressor phase) | 0.974 0.813 0.969 0.948 | 0.935 0.801 0.953 0.924 | 0.841 0.782 0.924 0.875 | 0.931 0.792 0.957 0.917 |
| masks and weights apart, as now | 0.970 0.834 0.967 0.946 | 0.956 0.824 0.959 0.934 | 0.869 0.813 0.933 0.883 | 0.945 0.819 0.961 0.926 |

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
same checkpoint; the same command without it then calibrates, tests and exports with TensorFlow, or
goes on with a training that was stopped. `kmu` was made so: both seeds and the larger network below
side by side on one GPU (H200, 16 cores), 12 minutes each, of which JAX compiled for 5; the five of
the ablation side by side took 17 to 21 minutes each. JAX compiles every shape of a batch anew, so a
configuration for it has `views` and `most_units`: three shapes in `base`. What limited the steps,
20 to 40 a second, was the processor that reads and varies the recordings; the GPU was used for a
quarter. On two cores `base` takes about three and a half hours, by stretches of its first and last
phase (0.6 and 1.5 s a step); the latter went on from a checkpoint of JAX."""

# Measured once, with trainings that are not kept.
ABLATION = """\
*Again*, *slow fusion alone* and *local correlation alone* were trained from nothing side by side on
one GPU, each as long as `kmu` and with its seed; all stages follow in each (`python -m kmu.train
--config`, with `local_correlation` or `slow_fusion` false in `base`'s `config.json`; then `--runs`
of the command above). Either of the two maps suffices: all three lie within each other's intervals.
After segmentation alone, slow fusion without local correlation fits masks less well (IoU at true
centres on training batches 0.652, with both 0.668, without slow fusion 0.666); refinement makes up
for that. What lifts `kmu` above `paper`, which has slow fusion alone as well, is what follows the
proposals, and the second unit a place.

F1 / RoA of matched units at score 0.55 on the 126 validation and 24 `other` recordings of the
sections above, and the time of the graph on a recording of 2 s (the four of 9 to 42 units, each beside
`kmu` in one process after the other):

| network | refinements | low_force | moderate | dense | speckle | other | time |
|---|--:|--:|--:|--:|--:|--:|--:|
| `kmu` | 3 | 0.974 / 0.952 | 0.966 / 0.950 | 0.911 / 0.925 | 0.981 / 0.950 | 0.963 / 0.949 | 1 |
| again | 3 | 0.979 / 0.959 | 0.963 / 0.957 | 0.909 / 0.928 | 0.976 / 0.954 | 0.927 / 0.934 | 1 |
| slow fusion alone | 3 | 0.975 / 0.957 | 0.971 / 0.958 | 0.901 / 0.927 | 0.987 / 0.952 | 0.936 / 0.949 | 0.91-0.93 |
| local correlation alone | 3 | 0.970 / 0.958 | 0.970 / 0.957 | 0.909 / 0.926 | 0.978 / 0.953 | 0.936 / 0.940 | 0.87-0.95 |
| both, trained with two refinements | 2 | 0.971 / 0.960 | 0.957 / 0.956 | 0.893 / 0.923 | 0.969 / 0.945 | 0.911 / 0.938 | 0.74-0.86 |
| local correlation alone, with two | 2 | 0.967 / 0.955 | 0.958 / 0.957 | 0.883 / 0.926 | 0.971 / 0.947 | 0.928 / 0.942 | - |

- A third refinement is worth its 14 to 26 % of the time; that the last phase trains with two does not
  make up for it (`kmu`, trained with three and used with two: F1 0.960, 0.955, 0.884, 0.978).
- On `other` three trainings of one configuration lie between 0.927 and 0.963, further apart than the
  designs. `kmu` is the best of them there, and was chosen with these recordings: of a new training
  0.93 is to be expected.
- Neither map was left out of `base`: it would make identification 5 to 13 % quicker, and the
  weights that ship are the best on `other`.
"""  # noqa: E501

LIMITS = """## Limits

- Trained and tested on simulated recordings only; nothing here was validated in vivo.
- Most test figures are from the simulator that trained the networks. On two recordings of another
  one `paper` finds nearly as many units as `kmu` (30 and 31 of 32), on 24 of a third one far fewer:
  too few to say by how much they differ elsewhere.
- Scores are probabilities on recordings like those that were simulated. Elsewhere they order units,
  and the threshold may have to be chosen anew.
- Units whose territories nearly coincide are missed or merged most often.
- A recording that is longer than 5 s is identified in blocks of 5 s, whose units are then linked.
"""
