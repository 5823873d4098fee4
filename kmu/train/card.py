"""The card that goes with a trained model."""

from typing import Any

from kmu._version import __version__
from kmu.config import TrainingConfig
from kmu.evaluation.reliability import reliability_table
from kmu.train.table import results_table


def model_card(
    config: TrainingConfig,
    metrics: dict[str, dict[str, dict[str, Any]]],
    curves: dict[str, dict[str, Any]],
    thresholds: dict[str, float],
    weights: int,
) -> str:
    """Markdown: what the model is, what it was trained on, what it reached, its limits.

    Args:
        config: the run that made it; with it the run can be repeated.
        metrics: test figures by family and method.
        curves: reliability of the scores on test recordings, by family.
        thresholds: those saved with the model.
        weights: number of weights.
    """
    data = config.data
    learnt = (
        f"family `{data.family}` of the user's own, described in `training.json`"
        if data.own is not None
        else f"family `{data.family}` of `motor_unit_ultrasound`"
    )
    only, never = "Simulated recordings only", "Never trained on in-vivo recordings, and its"
    if data.recordings:
        only = f"Simulated recordings, and {data.recordings_share:.0%} recordings given with truth"
        never = "Its"
    last = (
        f", then {config.together_steps} more with the candidates as they are used"
        if config.together_steps
        else ""
    )
    begun = (
        f"from the weights of {config.start}, {config.start_share:.0%} kept in the mean: "
        if config.start
        else ""
    )
    return f"""# kmu model, preset {config.preset}

Finds individual motor units in tissue-velocity recordings of contracting muscle.
{weights} weights, made by kmu {__version__}.

**Intended use.** Research on motor units from ultrafast ultrasound. Not a medical device.

**Training data.** {only}, {learnt}:
{begun}{config.segmentation.steps} steps of {data.batch_size} recordings for segmentation,
{config.signals.steps} for the signals{last}.

**Thresholds**, chosen on the validation split: score {thresholds["score"]:.2f}, firing
{thresholds["firing"]:.2f}.

**Test figures**, from the test split of each family, which training never saw, with 95 %
intervals (bootstrap over recordings). IoU, train correlation and RoA (within 10 ms) are means over
the matched units. RoA follows one constant lag a unit, chosen with the truth; at lag 0 times are
taken as they are, and the mean lag says how late they are. `kmu` is this model, `spatial_ica` is
spatial ICA with its kurtosis threshold tuned on validation recordings.

{results_table(metrics, intervals=True)}

**Scores** are meant as probabilities: how likely a unit is a true one. They were calibrated on
the validation split (scale and offset in `config.json`); on the same test recordings
(`reliability.png`):

{reliability_table(curves)}

**Limits.** {never} scores are probabilities only on
recordings like the simulated ones. Units whose territories nearly coincide are missed or merged
most often.

**To repeat it** (seed {config.seed}):
`python -m kmu.train --config training.json --out runs/{config.preset}`, with the `training.json`
beside this card; to train on a GPU, first with `KERAS_BACKEND=jax` before the command.
"""
