"""Search spaces: hyperparameters in, a training configuration out."""

from typing import TYPE_CHECKING

import keras_tuner

from kmu.config import TrainingConfig
from kmu.errors import InputError

if TYPE_CHECKING:
    from kmu.models import Identifier

PARTS = ("segmentation", "signals", "data")


class SearchSpace(keras_tuner.HyperModel):
    """Varies parts of a training configuration.

    The thresholds of a model are no hyperparameters: every trial chooses its own on validation
    recordings, as training does.

    Args:
        base: the configuration that everything not searched is taken from.
        parts: what to search: ``segmentation`` (maps and segmenter), ``signals`` (unmixing and
            regressor), ``data`` (mix and augmentation).

    Raises:
        InputError: if there is no such part.
    """

    def __init__(self, base: TrainingConfig, parts: tuple[str, ...] = ("segmentation",)) -> None:
        super().__init__()
        unknown = [part for part in parts if part not in PARTS]
        if unknown or not parts:
            raise InputError(f"parts to tune are {', '.join(PARTS)}; got {unknown or 'none'}")
        self.base, self.parts = base, parts

    def configure(self, hp: keras_tuner.HyperParameters) -> TrainingConfig:
        """The configuration that hyperparameters stand for; registers them on first use."""
        config = self.base
        for part in self.parts:
            config = getattr(self, f"_{part}")(hp, config)
        return config

    def build(self, hp: keras_tuner.HyperParameters) -> "Identifier":
        """The network of a configuration, as Keras Tuner asks for one."""
        from kmu.models import Identifier

        return Identifier(self.configure(hp).network)

    @staticmethod
    def _segmentation(hp: keras_tuner.HyperParameters, config: TrainingConfig) -> TrainingConfig:
        network = config.network
        maps = hp.Choice("maps", ["both", "slow_fusion", "local_correlation"], default="both")
        # One factor for all levels keeps the proportions of the base design.
        width = hp.Float("segmenter_width", 0.5, 1.5, step=0.25, default=1.0)
        widths = tuple(max(4, 4 * round(w * width / 4)) for w in network.segmenter.widths)
        segmenter = network.segmenter.replace(
            widths=widths,
            embedding=hp.Choice("embedding", [4, 8, 16, 32], default=16),
            slots=hp.Int("slots", 1, 3, default=network.segmenter.slots),
            shared_radius=hp.Float("shared_radius", 1.0, 4.0, step=0.5, default=2.5),
        )
        return config.replace(
            network=network.replace(
                segmenter=segmenter,
                slow_fusion=maps != "local_correlation",
                local_correlation=maps != "slow_fusion",
            ),
            segmentation=config.segmentation.replace(
                learning_rate=hp.Float(
                    "segmentation_learning_rate", 1e-4, 4e-3, sampling="log", default=1e-3
                )
            ),
        )

    @staticmethod
    def _signals(hp: keras_tuner.HyperParameters, config: TrainingConfig) -> TrainingConfig:
        signal = config.network.signal.replace(
            ridge=hp.Float("ridge", 1e-3, 0.3, sampling="log", default=0.02),
            duplicate_iou=hp.Float("duplicate_iou", 0.5, 0.9, step=0.1, default=0.7),
            proposal_score=hp.Float("proposal_score", 0.02, 0.3, sampling="log", default=0.1),
            regressor_filters=hp.Choice("regressor_filters", [8, 16, 32, 48, 64], default=32),
        )
        return config.replace(
            network=config.network.replace(signal=signal),
            signals=config.signals.replace(
                learning_rate=hp.Float(
                    "signals_learning_rate", 1e-4, 4e-3, sampling="log", default=1e-3
                )
            ),
        )

    @staticmethod
    def _data(hp: keras_tuner.HyperParameters, config: TrainingConfig) -> TrainingConfig:
        return config.replace(
            data=config.data.replace(
                noise=hp.Float("noise", 0.0, 1.0, step=0.1, default=0.3),
                crop_probability=hp.Float("crop_probability", 0.0, 0.6, step=0.1, default=0.3),
                superpose_probability=hp.Float(
                    "superpose_probability", 0.0, 0.4, step=0.1, default=0.0
                ),
            )
        )
