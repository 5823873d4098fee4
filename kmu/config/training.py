"""Parameters of a training run, and its presets."""

from dataclasses import dataclass, field
from typing import Any

from kmu.config.base import Config, parameter
from kmu.config.network import NETWORK_PRESETS, NetworkConfig, SignalConfig
from kmu.errors import InputError


@dataclass(frozen=True)
class DataConfig(Config):
    """What is trained on, and how it is varied."""

    family: str = parameter("low_force", "configuration of the data set motor_unit_ultrasound")
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
        0.0, "most noise that neighbouring pixels share, as speckle's do, added to every fifth "
        "recording, relative to its power", low=0, high=10,
    )  # fmt: skip
    smoothing: float = parameter(
        0.0, "most weight that the frames and pixels on either side of one get, as another "
        "scanner's averaging would give it", low=0, high=0.33,
    )  # fmt: skip
    superpose_probability: float = parameter(
        0.0, "share of recordings that a second one is added to, for denser ones", low=0, high=1
    )


@dataclass(frozen=True)
class PhaseConfig(Config):
    """One phase of training: AdamW, warm-up then cosine decay, moving average of the weights."""

    steps: int = parameter(600, "optimizer steps", low=1)
    later_steps: int = parameter(0, "steps in rounds after the first; 0 for the same", low=0)
    learning_rate: float = parameter(1e-3, "highest learning rate", low=1e-7, high=1)
    warm_up: float = parameter(0.05, "share of the steps that warm up", low=0, high=0.9)
    weight_decay: float = parameter(1e-4, "decoupled weight decay", low=0, high=1)
    average: float = parameter(0.99, "momentum of the moving average of weights", low=0, high=1)


@dataclass(frozen=True)
class InferenceConfig(Config):
    """What trained networks are used with, where it is not what they are trained with.

    The weights do not depend on it; like a threshold it was chosen on validation recordings
    (``kmu/docs/models.md``). So was the number of refinements: each round of training adds one to
    those of :class:`SignalConfig`, and use another one. Networks without refinement are trained
    with the network's own values in every round, and have nothing to merge by.
    """

    proposal_score: float = parameter(
        0.1, "candidates below this centre score are not looked at", low=0, high=1
    )
    duplicate_iou: float = parameter(
        0.42, "of two candidates whose masks overlap more, the lower one goes", low=0, high=1
    )
    keep_score: float = parameter(
        0.2, "candidates that the sieve finds less probable to be on a unit are dropped",
        low=0, high=1,
    )  # fmt: skip
    merge_correlation: float = parameter(
        0.7, "candidates whose clean trains correlate more are one unit", low=0, high=1
    )


@dataclass(frozen=True)
class TrainingConfig(Config):
    """A whole training run: from it alone the run can be repeated."""

    preset: str = parameter("quick", "the preset this started from")
    seed: int = parameter(1, "seed of weights, data order and augmentation", low=0)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    segmentation: PhaseConfig = field(default_factory=PhaseConfig)
    signals: PhaseConfig = field(default_factory=PhaseConfig)
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    rounds: int = parameter(
        1, "times that both phases are run; a later round starts its schedules anew from the "
        "weights of the one before, and its signal phase has one refinement more",
        low=1, source="warm restarts: Loshchilov and Hutter, ICLR 2017",
    )  # fmt: skip
    regressor_steps: int = parameter(
        0, "steps after all rounds that train signal regressor and judge alone, on the territories "
        "as they are used", low=0,
    )  # fmt: skip
    together_steps: int = parameter(
        0, "steps after those that train all that follows the proposals, with the candidates and "
        "refinements as they are used", low=0,
    )  # fmt: skip
    regressor_noise: float = parameter(
        0.0, "blurred_noise in those two phases: shapes in it are proposed, and none is a unit",
        low=0, high=10,
    )  # fmt: skip
    candidates: int = parameter(32, "proposals a recording in the signal phase", low=1)
    precision: str = parameter(
        "auto", "what convolutions compute in (weights are float32); auto: bfloat16 where the "
        "processor or GPU has it", choices=("auto", "float32", "bfloat16"),
    )  # fmt: skip
    checkpoint_steps: int = parameter(50, "steps between checkpoints", low=1)
    test_families: tuple[str, ...] = parameter(
        (), "families evaluated at the end; empty for the one trained on"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        every = {
            f"{name}.{field_name}": getattr(getattr(self, name), field_name)
            for name in ("segmentation", "signals")
            for field_name in ("steps", "later_steps")
        }
        last = {f"{name}_steps": steps for name, steps in self.last_phases().items()}
        for name, steps in {**every, **last}.items():
            if steps % self.checkpoint_steps:
                raise InputError(
                    f"TrainingConfig.{name} is {steps}; it must be a multiple of "
                    f"checkpoint_steps, {self.checkpoint_steps}"
                )

    def phases(self) -> tuple[str, ...]:
        """Names of all phases in their order: segmentation, signals, segmentation_2 and so on.

        Last come regressor and together, if they have steps.
        """
        rounds = tuple(
            kind if number == 1 else f"{kind}_{number}"
            for number in range(1, self.rounds + 1)
            for kind in ("segmentation", "signals")
        )
        return (*rounds, *(name for name, steps in self.last_phases().items() if steps))

    def last_phases(self) -> dict[str, int]:
        """Steps of the phases after all rounds, 0 for none."""
        return {"regressor": self.regressor_steps, "together": self.together_steps}

    def signal(self, rounds: int) -> dict[str, Any]:
        """What is changed in the network's :class:`SignalConfig` after so many rounds."""
        refinements = self.network.signal.refinements
        if not refinements:
            used = rounds == self.rounds
            return {"duplicate_iou": self.inference.duplicate_iou} if used else {}
        if not rounds:
            return {}
        return {**self.inference.to_dict(), "refinements": refinements + rounds}

    def phase(self, name: str) -> PhaseConfig:
        """Parameters of one of :meth:`phases`."""
        last = self.last_phases()
        if name in last:
            return self.signals.replace(steps=last[name])
        kind, _, later = name.partition("_")
        phase: PhaseConfig = getattr(self, kind)
        return phase.replace(steps=phase.later_steps) if later and phase.later_steps else phase

    def phase_data(self, name: str) -> DataConfig:
        """What one of :meth:`phases` is trained on."""
        if name not in self.last_phases() or not self.regressor_noise:
            return self.data
        return self.data.replace(blurred_noise=self.regressor_noise)


# What the shipped models are trained with; clips of many lengths, because labs record from 2 to
# 60 s.
_LONG = TrainingConfig(
    data=DataConfig(family="mixed", superpose_probability=0.15),
    segmentation=PhaseConfig(steps=7000, learning_rate=1.5e-3, average=0.998),
    signals=PhaseConfig(steps=1600, learning_rate=1.5e-3, average=0.995),
    candidates=64,
)

TRAINING_PRESETS = {
    "tiny": TrainingConfig(
        preset="tiny",
        network=NETWORK_PRESETS["tiny"],
        data=DataConfig(family="tiny", batch_size=2, clip_frames=(100, 100), shuffle_buffer=4),
        segmentation=PhaseConfig(steps=8),
        signals=PhaseConfig(steps=8),
        candidates=8,
        checkpoint_steps=4,
    ),
    "quick": TrainingConfig(
        preset="quick",
        # Many small steps: with minutes to train in, updates count more than quiet gradients.
        data=DataConfig(batch_size=4, clip_frames=(160, 160)),
        segmentation=PhaseConfig(steps=800, learning_rate=1.5e-3),
        signals=PhaseConfig(steps=500, learning_rate=1.5e-3),
        candidates=24,
    ),
    "base": _LONG.replace(
        preset="base",
        network=NetworkConfig(
            correlation_offsets=(0, 1, 2, 4, 8), signal=SignalConfig(regressor_filters=32)
        ),
        # Few shapes, of which JAX compiles each: this one is for a GPU.
        data=_LONG.data.replace(
            views=((100, 64, 64), (240, 64, 64), (180, 48, 48)), most_units=96, smoothing=0.25
        ),
        inference=InferenceConfig(duplicate_iou=0.55, keep_score=0.05),
        together_steps=3600,
        regressor_noise=1.0,
        checkpoint_steps=200,
    ),
    # Small batches as in quick.
    "paper": _LONG.replace(
        preset="paper",
        network=NETWORK_PRESETS["paper"],
        data=_LONG.data.replace(batch_size=4, clip_frames=(100, 260)),
        segmentation=_LONG.segmentation.replace(steps=4000),
        signals=_LONG.signals.replace(later_steps=800),
        rounds=3,
        regressor_steps=3000,
        inference=InferenceConfig(duplicate_iou=0.3),
        checkpoint_steps=100,
    ),
}
