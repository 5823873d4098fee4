"""Parameters of a training run, and its presets."""

from dataclasses import dataclass, field
from typing import Any

from kmu.config.base import Config, parameter
from kmu.config.data import DataConfig
from kmu.config.network import NETWORK_PRESETS, NetworkConfig
from kmu.errors import InputError


@dataclass(frozen=True)
class PhaseConfig(Config):
    """One phase of training: AdamW, warm-up then cosine decay, moving average of the weights."""

    steps: int = parameter(600, "optimizer steps; 0: the phase is left out", low=0)
    learning_rate: float = parameter(1e-3, "highest learning rate", low=1e-7, high=1)
    warm_up: float = parameter(0.05, "share of the steps that warm up", low=0, high=0.9)
    weight_decay: float = parameter(1e-4, "decoupled weight decay", low=0, high=1)
    average: float = parameter(0.99, "momentum of the moving average of weights", low=0, high=1)


@dataclass(frozen=True)
class InferenceConfig(Config):
    """What trained networks are used with, where it is not what they are trained with.

    Like a threshold it was chosen on validation recordings (``kmu/docs/models.md``). The phase
    ``together`` trains with it too. Of a network without refinement only ``duplicate_iou`` matters:
    it has nothing else to go by.
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
    refinements: int = parameter(
        3, "times that territories are re-estimated: the network's own number or more",
        low=1, high=8,
    )  # fmt: skip
    second_look: bool = parameter(
        False, "look for more candidates in what is left without the units found"
    )


@dataclass(frozen=True)
class TrainingConfig(Config):
    """A whole training run: from it alone the run can be repeated."""

    preset: str = parameter("quick", "the preset this started from")
    start: str = parameter(
        "", "trained model whose weights and network training goes on from: a folder or a shipped "
        "model's name; empty: from nothing",
    )  # fmt: skip
    seed: int = parameter(1, "seed of weights, data order and augmentation", low=0)
    start_share: float = parameter(
        0.0, "share of those weights in the mean with the trained ones that is kept in the end: "
        "what was known is not lost", low=0, high=1, source="WiSE-FT, Wortsman et al. 2022",
    )  # fmt: skip
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    segmentation: PhaseConfig = field(default_factory=PhaseConfig)
    signals: PhaseConfig = field(default_factory=PhaseConfig)
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    together_steps: int = parameter(
        0, "steps of a phase after these two, which trains all that follows the proposals with the "
        "candidates and refinements as they are used", low=0,
    )  # fmt: skip
    together_noise: float = parameter(
        0.0, "blurred_noise in that phase: shapes in it are proposed, and none is a unit",
        low=0, high=10,
    )  # fmt: skip
    together_no_twitch: float = parameter(
        0.0, "no_twitch in that phase, which learns the scores", low=0, high=1
    )
    candidates: int = parameter(32, "proposals a recording in the signal phase", low=1)
    precision: str = parameter(
        "auto", "what convolutions compute in (weights are float32); auto: bfloat16 where the "
        "processor or GPU has it", choices=("auto", "float32", "bfloat16"),
    )  # fmt: skip
    checkpoint_steps: int = parameter(50, "steps between checkpoints", low=1)
    watched: int = parameter(
        8, "validation recordings whose scores and pictures TensorBoard gets at every checkpoint",
        low=0, high=100,
    )  # fmt: skip
    test_families: tuple[str, ...] = parameter(
        (), "families evaluated at the end; empty for the one trained on"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, steps in {
            "segmentation.steps": self.segmentation.steps,
            "signals.steps": self.signals.steps,
            "together_steps": self.together_steps,
        }.items():
            if steps % self.checkpoint_steps:
                raise InputError(
                    f"TrainingConfig.{name} is {steps}; it must be a multiple of "
                    f"checkpoint_steps, {self.checkpoint_steps}"
                )

        if not (self.phases() or self.start):
            raise InputError(
                "TrainingConfig has no step of any phase; give steps, or as start a model that is "
                "only calibrated anew"
            )

    def phases(self) -> tuple[str, ...]:
        """Names of all phases in their order."""
        steps = {
            "segmentation": self.segmentation.steps,
            "signals": self.signals.steps,
            "together": self.together_steps,
        }
        return tuple(name for name, count in steps.items() if count)

    def phase(self, name: str) -> PhaseConfig:
        """Parameters of one of :meth:`phases`; ``together`` goes on like ``signals``."""
        if name == "together":
            return self.signals.replace(steps=self.together_steps)
        phase: PhaseConfig = getattr(self, name)
        return phase

    def phase_data(self, name: str) -> DataConfig:
        """What one of :meth:`phases` is trained on."""
        if name != "together":
            return self.data
        noise = self.together_noise or self.data.blurred_noise
        no_twitch = self.together_no_twitch or self.data.no_twitch
        return self.data.replace(blurred_noise=noise, no_twitch=no_twitch)

    def signal_in_use(self) -> dict[str, Any]:
        """What is changed in the network's :class:`SignalConfig` when it is used."""
        if not self.network.signal.refinements:
            return {"duplicate_iou": self.inference.duplicate_iou}
        return self.inference.to_dict()


# What both shipped models are trained on, and for how long.
_LONG = TrainingConfig(
    data=DataConfig(
        family="wide",
        # Clips of many lengths, because labs record from 2 to 60 s; few shapes, of which JAX
        # compiles each.
        views=((100, 64, 64), (240, 64, 64), (180, 48, 48)),
        most_units=96,
        smoothing=0.25,
        superpose_probability=0.15,
        blurred_noise=3.0,
        blurred_share=0.35,
        shaping=0.5,
        uneven_gain=0.5,
        slip=2.0,
    ),
    segmentation=PhaseConfig(steps=7000, learning_rate=1.5e-3, average=0.998),
    signals=PhaseConfig(steps=1600, learning_rate=1.5e-3, average=0.995),
    together_steps=3600,
    together_no_twitch=0.05,
    candidates=64,
    checkpoint_steps=200,
)

_LOOKED_TWICE = InferenceConfig(
    duplicate_iou=0.55, keep_score=0.05, refinements=2, second_look=True
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
        network=NETWORK_PRESETS["base"],
        inference=_LOOKED_TWICE,
    ),
    # From the weights of a trained model to other recordings: see --from.
    "fine_tune": _LONG.replace(
        preset="fine_tune",
        start="kmu",
        start_share=0.25,
        network=NETWORK_PRESETS["base"],
        inference=_LOOKED_TWICE,
        segmentation=PhaseConfig(steps=1000, learning_rate=7e-4, average=0.998),
        signals=PhaseConfig(steps=0, learning_rate=7e-4, average=0.995),
        together_steps=1000,
    ),
    # As many clips, in more and smaller steps as in quick.
    "paper": _LONG.replace(
        preset="paper",
        network=NETWORK_PRESETS["paper"],
        data=_LONG.data.replace(batch_size=4),
        segmentation=_LONG.segmentation.replace(steps=14000),
        signals=_LONG.signals.replace(steps=3200),
        together_steps=7200,
        inference=InferenceConfig(duplicate_iou=0.3),
    ),
}
