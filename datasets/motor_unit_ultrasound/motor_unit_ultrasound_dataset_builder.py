"""TFDS builder over the simulator: families of recordings, splits from disjoint seeds."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.progress import Progress
from kmu.simulation.batch import example, examples

# Seeds of a split start here; no split may reach the next one.
SPLIT_SEEDS = {"train": 0, "validation": 1_000_000, "test": 2_000_000}


@dataclasses.dataclass
class MotorUnitUltrasoundConfig(tfds.core.BuilderConfig):
    """One family of recordings.

    Attributes:
        train: recordings of the train split.
        validation: of the validation split.
        test: of the test split.
        parts: families of the simulator whose recordings it holds in turn; empty: its own name's.
        own: what its recordings are simulated with, if no preset says it.
        prepare: what is done to an example of the train split before it is stored, such as
            bringing it to the grid of the network that will learn from it.
    """

    train: int = 0
    validation: int = 0
    test: int = 0
    parts: tuple[str, ...] = ()
    own: SimulationConfig | None = None
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def family(self, seed: int) -> SimulationConfig:
        """What the recording of a seed is simulated with."""
        if self.own is not None:
            return self.own
        parts = self.parts or (self.name,)
        return SIMULATION_PRESETS[parts[seed % len(parts)]]

    def seeds(self, split: str) -> range:
        """The seeds of a split."""
        start = SPLIT_SEEDS[split]
        return range(start, start + getattr(self, split))

    def stored(self, split: str, made: dict[str, Any]) -> dict[str, Any]:
        """The example as the split holds it."""
        return self.prepare(made) if self.prepare and split == "train" else made


def _family(
    name: str, train: int, validation: int, test: int, description: str, parts: tuple[str, ...] = ()
) -> Any:
    return MotorUnitUltrasoundConfig(
        name=name,
        train=train,
        validation=validation,
        test=test,
        description=description,
        parts=parts,
    )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builder of ``motor_unit_ultrasound``.

    Args:
        workers: processes that simulate; None: one for every core. The data do not depend on it.
        **kwargs: those of every TFDS builder (``config``, ``data_dir``, ...).
    """

    VERSION = tfds.core.Version("1.5.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "First release: tissue-level simulation.",
        "1.1.0": "Noise and speckle errors calibrated on simulated IQ frames; force ramps; "
        "configs paper, speckle and mixed; Beam.",
        "1.2.0": "mixed also has linear recordings, and territories from 0.7 to 1.8 times the "
        "measured size.",
        "1.3.0": "mixed has 4000 training recordings instead of 2000; nothing else is changed.",
        "1.4.0": "Config lab: what recordings of labs have, and some without any active unit; "
        "config wide: lab and mixed in turn; the examples of the other configs are unchanged.",
        "1.5.0": "In lab a unit counts from half of its territory in view, wherever its centre is; "
        "the examples of the other configs but wide are unchanged.",
    }
    BUILDER_CONFIGS: ClassVar[list[Any]] = [
        _family("low_force", 1200, 100, 200, "5 to 15 active units, 2 s."),
        _family("moderate", 600, 100, 200, "16 to 30 active units, 2 s."),
        _family("dense", 600, 100, 200, "31 to 60 active units, 2 s."),
        _family("paper", 1200, 100, 200, "5 to 30 active units, linear mixing, white noise, 2 s."),
        _family("speckle", 200, 50, 200, "5 to 30 active units seen through IQ frames, 2 s."),
        _family("mixed", 4000, 100, 200, "5 to 60 active units, everything randomized, 1 to 4 s."),
        _family(
            "lab",
            4000,
            100,
            200,
            "No unit to 100, pauses, doublets, far elastic fields, flow, jolts, shadows, noise to "
            "-10 dB, 1 to 4 s.",
        ),
        _family("wide", 2400, 100, 200, "mixed and lab in turn.", ("mixed", "lab")),
        _family("tiny", 16, 8, 8, "2 to 4 active units, 1 s, small images: for tests."),
    ]
    # Without it tfds.load looks for the README beside an installed package, and fails when the
    # package is a mapped folder of an editable install.
    pkg_dir_path = tfds.core.Path(__file__).parent

    def __init__(self, *, workers: int | None = None, **kwargs: Any) -> None:
        self._workers = workers
        self._through_beam = False
        super().__init__(**kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        """Features of one recording; K motor units, T frames, Z by X pixels."""
        number = tfds.features.Scalar
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "velocity": tfds.features.Tensor(
                        shape=(None, None, None),
                        dtype=np.float16,
                        encoding="bytes",
                        doc="(T, Z, X), mm/s",
                    ),
                    "territory": tfds.features.Tensor(
                        shape=(None, None, None),
                        dtype=np.uint8,
                        encoding="zlib",
                        doc="(K, Z, X), 255 is 1; 128 and more are the unit's fibres",
                    ),
                    "twitch_train": tfds.features.Tensor(
                        shape=(None, None), dtype=np.float32, encoding="bytes", doc="(K, T), mm/s"
                    ),
                    "firings": tfds.features.Sequence(
                        {"times": tfds.features.Sequence(number(dtype=np.float64, doc="s"))}
                    ),
                    "frame_rate": number(dtype=np.float32, doc="Hz"),
                    "spacing": tfds.features.Tensor(
                        shape=(2,), dtype=np.float32, doc="depth and lateral pixel size, mm"
                    ),
                    "seed": number(dtype=np.int64),
                    "family": tfds.features.Text(),
                    "snr_db": number(dtype=np.float32, doc="units over noise, dB"),
                }
            ),
            homepage="https://arxiv.org/abs/2010.03028",
            supervised_keys=None,
        )

    def download_and_prepare(self, *, download_config: Any = None, **kwargs: Any) -> None:
        """Builds the data set if it is not there yet; see TFDS.

        With a Beam runner or Beam options in ``download_config`` (``tfds build
        --beam_pipeline_options=...``), Apache Beam distributes the work instead of local
        processes. The examples are the same, byte for byte.
        """
        self._through_beam = download_config is not None and bool(
            download_config.beam_runner or download_config.beam_options
        )
        super().download_and_prepare(download_config=download_config, **kwargs)

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        """Three splits; nothing is downloaded."""
        return {split: self._generate_examples(split) for split in SPLIT_SEEDS}

    def _generate_examples(self, split: str) -> Any:
        """Examples of a split by key, which is the seed: a generator, or a Beam transform."""
        config = self.builder_config
        seeds = config.seeds(split)
        if not self._through_beam:
            return self._from_processes(config, split)
        # Through TFDS, because Beam is an extra: a clear message if it is missing.
        beam = tfds.core.lazy_imports.apache_beam
        return (
            beam.Create(seeds, reshuffle=True)
            | beam.Map(functools.partial(_keyed_example, config, split))
        )  # fmt: skip

    def _from_processes(
        self, config: MotorUnitUltrasoundConfig, split: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        seeds = config.seeds(split)
        with Progress(f"simulating {config.name} {split}", len(seeds), "recordings") as progress:
            for made in examples(config.family, seeds, self._workers):
                yield _key(made["seed"]), config.stored(split, made)
                progress.advance()


def _keyed_example(
    config: MotorUnitUltrasoundConfig, split: str, seed: int
) -> tuple[str, dict[str, Any]]:
    return _key(seed), config.stored(split, example(config.family(seed), seed))


def _key(seed: int) -> str:
    return f"{seed:08d}"
