"""Tune the configuration of training with Keras Tuner; the winner is written as a plain config."""

import argparse
from pathlib import Path

HELP = "tune the networks' configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu tune``."""
    from kmu.config import TRAINING_PRESETS

    parser.add_argument("--trials", type=int, required=True, help="how many trials at most")
    parser.add_argument(
        "--preset",
        choices=sorted(TRAINING_PRESETS),
        help="where everything that is not searched comes from (default: tiny for the family "
        "tiny, else quick)",
    )
    parser.add_argument("--config", type=Path, help="a configuration file instead of a preset")
    parser.add_argument(
        "--family",
        metavar="NAME|FILE.json",
        help="data to train and validate on, as for kmu train (default: the preset's)",
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        default=["segmentation"],
        metavar="PART",
        help="what to search: segmentation, signals, data (default: segmentation)",
    )
    parser.add_argument("--tuner", choices=("bayesian", "hyperband", "random"), default="bayesian")
    parser.add_argument(
        "--objective",
        choices=("f1", "twitch_train_correlation"),
        default="f1",
        help="validation score to make as high as possible (default: f1)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the choice of trials")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/tuning"), help="folder (default: runs/tuning)"
    )
    parser.add_argument("--data-dir", type=Path, help="where data sets are kept (default: TFDS's)")
    parser.add_argument(
        "--prepare", action="store_true", help="only build the data, before workers start"
    )


def run(arguments: argparse.Namespace) -> int:
    """Searches, or goes on with the search in ``--out``."""
    from functools import partial

    from kmu.config import TRAINING_PRESETS, TrainingConfig
    from kmu.train import load_tensorflow

    name = arguments.preset or ("tiny" if arguments.family == "tiny" else "quick")
    base = TRAINING_PRESETS[name]
    if arguments.config:
        base = TrainingConfig.from_json(arguments.config)
    if arguments.family:
        base = base.replace(data=base.data.of_family(arguments.family))
    load_tensorflow()
    if arguments.prepare:
        from kmu.train.data import open_dataset

        open_dataset(base.data, base.network.grid, arguments.data_dir)
        return 0
    from kmu.files import check_outputs
    from kmu.tuning.search import search
    from kmu.tuning.search_space import SearchSpace
    from kmu.tuning.trial import run_trial

    made = ("best.json", "trials.json", "search.json", "summary.md", "summary.png")
    own = arguments.family if base.data.own else None
    check_outputs([arguments.out / name for name in made], [arguments.config, own])
    search(
        SearchSpace(base, tuple(arguments.parts)),
        arguments.out,
        partial(run_trial, data_dir=arguments.data_dir),
        trials=arguments.trials,
        tuner=arguments.tuner,
        objective=arguments.objective,
        seed=arguments.seed,
    )
    return 0
