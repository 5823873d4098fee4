"""Training: ``python -m kmu.train`` and ``kmu train``, from simulated data to a SavedModel."""

import argparse
from pathlib import Path

from kmu.config import TRAINING_PRESETS, TrainingConfig
from kmu.errors import InputError
from kmu.files import check_outputs
from kmu.progress import silenced


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of a training run."""
    parser.add_argument(
        "--preset", choices=sorted(TRAINING_PRESETS), help="what to train (default: quick)"
    )
    parser.add_argument("--config", type=Path, help="repeat a run from its config.json instead")
    parser.add_argument(
        "--out", type=Path, help="folder for everything the run makes (default: runs/<preset>)"
    )
    parser.add_argument("--data-dir", type=Path, help="where data sets are kept (default: TFDS's)")
    parser.add_argument(
        "--family",
        metavar="NAME|FILE.json",
        help="train on another family of recordings: one of the data set's, or an own one, "
        "described by a SimulationConfig as JSON (fields left out keep their defaults)",
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="FOLDER",
        help="mix in own recordings with their truth, NAME.h5 and NAME.truth.h5",
    )
    parser.add_argument(
        "--recordings-share",
        type=float,
        metavar="SHARE",
        help="of the training examples that are taken from them (default 0.25)",
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="MODEL",
        help="go on from a trained model (a folder, or kmu or paper); preset fine_tune if none is "
        "named",
    )
    parser.add_argument(
        "--grid-spacing",
        type=float,
        metavar="MM",
        help="pixels of the network's grid; smaller ones for small images and units, with an own "
        "family only (default: 0.625)",
    )
    parser.add_argument("--seed", type=int, help="another seed than the preset's")
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="only operations that give the same bits every time (slower)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Trains, evaluates and exports as the arguments say; resumes what was interrupted."""
    config = TRAINING_PRESETS[arguments.preset or ("fine_tune" if arguments.start else "quick")]
    if arguments.config:
        config = TrainingConfig.from_json(arguments.config)
    if arguments.start:
        config = config.replace(start=arguments.start)
    if arguments.seed is not None:
        config = config.replace(seed=arguments.seed)
    if arguments.family is not None:
        config = config.replace(data=config.data.of_family(arguments.family))
    if arguments.grid_spacing is not None:
        grid = config.network.grid.replace(spacing=arguments.grid_spacing)
        config = config.replace(network=config.network.replace(grid=grid))
    if arguments.recordings is not None:
        folder = str(arguments.recordings.resolve())
        config = config.replace(data=config.data.replace(recordings=folder))
    if arguments.recordings_share is not None:
        if not config.data.recordings:
            raise InputError("--recordings-share needs --recordings FOLDER")
        share = arguments.recordings_share
        config = config.replace(data=config.data.replace(recordings_share=share))
    out = arguments.out or Path("runs") / config.preset
    _check_outputs(arguments, config, out)
    load_tensorflow()
    from kmu.train.pipeline import train

    train(config, out, arguments.data_dir, arguments.deterministic)
    return 0


def _check_outputs(arguments: argparse.Namespace, config: TrainingConfig, out: Path) -> None:
    """Refuses a folder in which the run would write over what it is given."""
    from kmu.evaluation.families import pairs_with_truth

    folder, start = config.data.recordings, config.start
    pairs = pairs_with_truth(Path(folder)) if folder and Path(folder).is_dir() else []
    inputs = [path for pair in pairs for path in pair]
    inputs += [path for path in Path(start).rglob("*") if path.is_file()] if start else []
    inputs += [Path(arguments.family)] if config.data.own and arguments.family else []
    made = ("checkpoint.npz", "metrics.json", "reliability.json", "saved_model/1/saved_model.pb")
    check_outputs([out / name for name in made], [*inputs, arguments.config])
    # A run is repeated from its own configuration, which stays as it is.
    check_outputs([out / "config.json"], inputs)


def load_tensorflow() -> None:
    """Loads TensorFlow; what its libraries say meanwhile stays off the terminal."""
    with silenced():
        import tensorflow as tf

        # They speak once more when they are first used.
        tf.constant(0)
