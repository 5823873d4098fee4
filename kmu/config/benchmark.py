"""What a benchmark runs."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class BenchmarkConfig(Config):
    """Methods, families and how many recordings of each."""

    methods: tuple[str, ...] = parameter(("kmu", "spatial_ica"), "names of the methods")
    families: tuple[str, ...] = parameter(
        ("low_force",),
        "presets of the simulator, folders of recordings with truth, stress or stress/NAME",
    )
    count: int = parameter(100, "recordings of each family", low=1, high=100_000)
    first_seed: int = parameter(
        2_000_000,
        "seed of the first recording; the default is where the test split of the data set begins",
        low=0,
    )
    model: str = parameter("", "model of the method kmu: a name or folder; empty for the default")
    resamples: int = parameter(
        1000, "bootstrap resamples of the recordings for the intervals", low=0, high=100_000
    )
    jobs: int = parameter(1, "parallel processes", low=1, high=256)


@dataclass(frozen=True)
class TuningConfig(Config):
    """Budget for choosing a baseline's settings; the same for every method."""

    families: tuple[str, ...] = parameter(
        ("low_force", "moderate", "dense", "paper", "speckle"),
        "families whose mean F1 decides",
    )
    count: int = parameter(2, "validation recordings of each family", low=1, high=10_000)
    trials: int = parameter(
        16,
        "settings tried on half of the recordings, drawn at random; the best third on all",
        low=1,
    )
    first_seed: int = parameter(
        1_000_000,
        "seed of the first recording; the default is where the validation split begins",
        low=0,
    )
    seed: int = parameter(0, "of the draw of settings", low=0)
