"""One trial: train a configuration and score it on validation recordings."""

import shutil
from pathlib import Path

from kmu.config import TrainingConfig

# What a trial is scored by, both higher for better.
OBJECTIVES = {
    "f1": "F1 of the units, at the score threshold that is best for the trial",
    "twitch_train_correlation": "mean correlation of the matched units' twitch trains",
}


def shortened(config: TrainingConfig, share: float) -> TrainingConfig:
    """The configuration with a share of its steps, at least one checkpoint of each phase."""
    every = config.checkpoint_steps

    def steps(whole: int) -> int:
        return max(every, every * round(share * whole / every))

    return config.replace(
        segmentation=config.segmentation.replace(steps=steps(config.segmentation.steps)),
        signals=config.signals.replace(steps=steps(config.signals.steps)),
        # 0 stays 0: the phase is then not run at all.
        together_steps=config.together_steps and steps(config.together_steps),
    )


def run_trial(config: TrainingConfig, out: Path, data_dir: Path | None = None) -> dict[str, float]:
    """Trains and scores one configuration; an interrupted trial goes on from its checkpoint.

    The threshold is chosen on the recordings that are scored. That favours every trial alike, so
    trials can be ranked by it; as an estimate of quality it is a little high.

    Args:
        config: what to train.
        out: folder of the trial; only its configuration stays.
        data_dir: where data sets are kept.

    Returns:
        Validation scores: precision, recall, f1, iou, twitch_train_correlation.
    """
    import keras

    from kmu.evaluation.scores import score_recording, summarise
    from kmu.files import replacing
    from kmu.train.data import open_dataset
    from kmu.train.looking import validation_units
    from kmu.train.own import own_examples
    from kmu.train.pipeline import train_networks
    from kmu.train.thresholds import choose_score_threshold

    # Trials of one process would otherwise keep each other's graphs.
    keras.backend.clear_session()
    keras.utils.set_random_seed(config.seed)
    with replacing(out / "config.json") as path:
        path.write_text(config.to_json())
    builder = open_dataset(config.data, config.network.grid, data_dir)
    mixed_in = own_examples(config.data, config.network.grid)
    identifier = train_networks(config, out, builder, mixed_in)
    pairs, _ = validation_units(identifier, builder, config.data.test_count)
    threshold = choose_score_threshold(pairs)
    scores = summarise(
        [score_recording(found.select(found.score >= threshold), true) for found, true in pairs]
    )
    (out / "checkpoint.npz").unlink(missing_ok=True)
    shutil.rmtree(out / "logs", ignore_errors=True)
    names = ("precision", "recall", "f1", "iou", "twitch_train_correlation")
    return {name: float(scores[name]) for name in names}
