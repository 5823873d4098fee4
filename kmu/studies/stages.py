"""A trained identifier with single stages left out, to see what each of them brings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from keras import ops

from kmu.config import SignalConfig
from kmu.models import Identifier
from kmu.models.judging import logit
from kmu.models.unmixing import unmix

Tensor = Any
Units = dict[str, Tensor]

WHOLE = "whole"
# Stages that the configuration alone switches off.
_CONFIGURATIONS: dict[str, Callable[[SignalConfig], SignalConfig]] = {
    WHOLE: lambda config: config,
    "no sieve": lambda config: config.replace(keep_score=0.0),
    "no merging by train": lambda config: config.replace(merge_correlation=1.0),
    "one refinement": lambda config: config.replace(refinements=1),
    "no refinement": lambda config: config.replace(refinements=0),
}
PROPOSAL_SCORE = "proposal's score, no judge"
UNMIXED_TRAIN = "unmixed train, no regressor"
MASKS_ALONE = "unmixed with masks, no weights"
STAGES = (*_CONFIGURATIONS, PROPOSAL_SCORE, UNMIXED_TRAIN, MASKS_ALONE)


@contextmanager
def without_stage(identifier: Identifier, stage: str) -> Iterator[Identifier]:
    """Switches an identifier to one of ``STAGES`` for a while; its weights stay as they are.

    - ``no refinement`` keeps the proposed masks and the proposals' scores;
    - ``one refinement`` also has neither sieve nor merging, which come between two;
    - ``unmixed train`` gives the least-squares trains of the final weights instead of the
      regressor's (which sieve, merging and judge still see);
    - ``unmixed with masks`` adds nothing to the masks for the weights of unmixing.

    Args:
        identifier: trained.
        stage: one of ``STAGES``.

    Yields:
        The same identifier.
    """
    whole = identifier.config
    change = _CONFIGURATIONS.get(stage)
    signals = identifier.signals
    cleaned = signals.cleaned
    try:
        if stage == MASKS_ALONE:
            signals.__dict__["cleaned"] = lambda flat, mask, weight: cleaned(flat, mask, mask)
        elif change is None:
            identifier.__dict__["units"] = _changed_units(identifier, stage)
        else:
            identifier.config = whole.replace(signal=change(whole.signal))
            signals.config = identifier.config.signal
        yield identifier
    finally:
        identifier.__dict__.pop("units", None)
        signals.__dict__.pop("cleaned", None)
        identifier.config, signals.config = whole, whole.signal


def _changed_units(identifier: Identifier, stage: str) -> Callable[..., Units]:
    """``identifier.units`` with another score or other trains in what it returns."""
    whole = identifier.units

    def units(velocity: Tensor, maps: Units, count: int, shorten: bool = False) -> Units:
        found = whole(velocity, maps, count, shorten)
        if stage == PROPOSAL_SCORE:
            return {**found, "score_logits": logit(found["proposal"])}
        batch, frames, depth, width = ops.shape(velocity)
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        return {**found, "train": unmix(flat, found["weight"], identifier.config.signal.ridge)}

    return units
