"""A trained identifier with single stages left out, to see what each of them brings."""

from collections.abc import Callable
from typing import Any

from keras import ops

from kmu.config import NetworkConfig, SignalConfig
from kmu.models import Identifier
from kmu.models.judging import logit
from kmu.models.signals import Signals
from kmu.models.unmixing import unmix

Tensor = Any
Units = dict[str, Tensor]

WHOLE = "whole"
# Stages that the configuration alone switches off.
_CONFIGURATIONS: dict[str, Callable[[SignalConfig], SignalConfig]] = {
    WHOLE: lambda config: config,
    "one look": lambda config: config.replace(second_look=False),
    "no sieve": lambda config: config.replace(keep_score=0.0),
    "no merging by train": lambda config: config.replace(merge_correlation=1.0),
    "one refinement": lambda config: config.replace(refinements=1),
    "no refinement": lambda config: config.replace(refinements=0),
}
PROPOSAL_SCORE = "proposal's score, no judge"
UNMIXED_TRAIN = "unmixed train, no regressor"
MASKS_ALONE = "unmixed with masks, no weights"
STAGES = (*_CONFIGURATIONS, PROPOSAL_SCORE, UNMIXED_TRAIN, MASKS_ALONE)


def ablated(identifier: Identifier, stage: str) -> Identifier:
    """An identifier with the same weights, and one stage left out.

    - ``one look`` does not look again at what is left without the units found;
    - ``no refinement`` keeps the proposed masks and the proposals' scores;
    - ``one refinement`` also has neither sieve nor merging, which come between two;
    - ``unmixed train`` gives the least-squares trains of the final weights instead of the
      regressor's (which sieve, merging and judge still see);
    - ``unmixed with masks`` adds nothing to the masks for the weights of unmixing.

    Args:
        identifier: trained.
        stage: one of ``STAGES``.
    """
    other = _KINDS.get(stage, Identifier)(identifier.config)
    other.build()
    other.set_weights(identifier.get_weights())
    # After the weights: a network that is made without refinement has no places for them.
    signal = _CONFIGURATIONS.get(stage, _CONFIGURATIONS[WHOLE])(identifier.config.signal)
    other.config, other.signals.config = identifier.config.replace(signal=signal), signal
    return other


class _ScoredByProposal(Identifier):
    def units(self, velocity: Tensor, maps: Units, count: int, shorten: bool = False) -> Units:
        found = super().units(velocity, maps, count, shorten)
        return {**found, "score_logits": logit(found["proposal"])}


class _UnmixedTrains(Identifier):
    def units(self, velocity: Tensor, maps: Units, count: int, shorten: bool = False) -> Units:
        found = super().units(velocity, maps, count, shorten)
        batch, frames, depth, width = ops.shape(velocity)
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        return {**found, "train": unmix(flat, found["weight"], self.config.signal.ridge)}


class _MasksForWeights(Signals):
    def cleaned(
        self, flat: Tensor, mask: Tensor, weight: Tensor, before: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        return super().cleaned(flat, mask, mask, before)


class _UnmixedWithMasks(Identifier):
    def __init__(self, config: NetworkConfig, **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        self.signals = _MasksForWeights(config.signal)


_KINDS: dict[str, type[Identifier]] = {
    PROPOSAL_SCORE: _ScoredByProposal,
    UNMIXED_TRAIN: _UnmixedTrains,
    MASKS_ALONE: _UnmixedWithMasks,
}
