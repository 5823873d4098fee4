"""Parameters of what networks are trained on: which recordings, and how they are varied."""

from dataclasses import dataclass
from typing import Self

from kmu.config.base import Config, parameter
from kmu.config.simulation import SimulationConfig


@dataclass(frozen=True)
class DataConfig(Config):
    """What is trained on, and how it is varied."""

    family: str = parameter("low_force", "configuration of the data set motor_unit_ultrasound")
    own: SimulationConfig | None = parameter(
        None, "recordings of this kind instead, on any grid: what --family FILE.json names; "
        "family is then its name",
    )  # fmt: skip
    own_counts: tuple[int, int, int] = parameter(
        (400, 40, 40), "recordings of it that are simulated for training, validation and test",
        low=1,
    )  # fmt: skip
    recordings: str = parameter(
        "", "folder of own recordings with their truth, NAME.h5 and NAME.truth.h5, that are mixed "
        "in; empty: none",
    )  # fmt: skip
    recordings_share: float = parameter(
        0.25, "share of the training examples that is taken from those recordings", low=0.01,
        high=1,
    )  # fmt: skip
    train_count: int = parameter(0, "training recordings that are used; 0 for all there are", low=0)
    test_count: int = parameter(
        0, "validation and test recordings that are used; 0 for all there are", low=0
    )
    batch_size: int = parameter(8, "recordings a step", low=1)
    clip_frames: tuple[int, int] = parameter(
        (200, 200), "fewest and most frames of each recording that are trained on; a batch's "
        "number and each recording's first frame at random", unit="frames", low=20,
    )  # fmt: skip
    shuffle_buffer: int = parameter(128, "recordings shuffled at a time", low=1)
    crop_probability: float = parameter(
        0.3, "share of batches seen through a smaller field of view", low=0, high=1
    )
    smallest_crop: int = parameter(32, "smallest side of such a field", unit="px", low=8)
    views: tuple[tuple[int, int, int], ...] = parameter(
        (), "instead of those lengths and fields: (frames, depth, width) that a batch is cut or "
        "filled up to, one of these at random; few, where each is compiled anew",
        unit="frames, px, px",
    )  # fmt: skip
    most_units: int = parameter(
        0, "places for true units in a batch, the weakest left out; 0 for as many as there are",
        low=0,
    )  # fmt: skip
    noise: float = parameter(
        0.3, "most white noise added, relative to the recording's power", low=0, high=10
    )
    blurred_noise: float = parameter(
        0.0, "most noise that neighbouring pixels and frames share, as speckle's do, relative to a "
        "recording's power", low=0, high=10,
    )  # fmt: skip
    blurred_share: float = parameter(0.2, "share of recordings that it is added to", low=0, high=1)
    shaping: float = parameter(
        0.0, "share of recordings seen through a causal filter that gives twitches other shapes, "
        "their trains through the same", low=0, high=1,
    )  # fmt: skip
    uneven_gain: float = parameter(
        0.0, "most standard deviation of the logarithm of a gain that every place has of its own, "
        "in every second recording", low=0, high=1,
    )  # fmt: skip
    slip: float = parameter(
        0.0, "farthest that the probe slips sideways, once, in every tenth recording", unit="px",
        low=0, high=8,
    )  # fmt: skip
    smoothing: float = parameter(
        0.0, "most weight that the frames and pixels on either side of one get, as another "
        "scanner's averaging would give it", low=0, high=0.33,
    )  # fmt: skip
    superpose_probability: float = parameter(
        0.0, "share of recordings that a second one is added to, for denser ones", low=0, high=1
    )
    no_twitch: float = parameter(
        0.0, "share of recordings turned in time or with random phases, the same for all pixels: "
        "nothing in them is a unit", low=0, high=1,
    )  # fmt: skip

    def of_family(self, named: str) -> Self:
        """The same on other recordings: a family of the data set, or the file of an own one.

        Raises:
            InputError: if the file does not hold a :class:`SimulationConfig`.
        """
        if not named.endswith(".json"):
            return self.replace(family=named, own=None)
        own = SimulationConfig.from_json(named)
        return self.replace(family=own.family, own=own)
