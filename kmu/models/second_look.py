"""What is left of a recording once the units that were found are taken off it."""

from typing import Any

from keras import ops

from kmu.models.judging import logit
from kmu.models.merging import overlap_of
from kmu.models.unmixing import maps_of, without
from kmu.models.windows import centroid

Tensor = Any
# Units at least this probable are taken off; the others may be seen better without them.
SURE = 0.4
Candidates = tuple[Tensor, Tensor, Tensor, Tensor]


def remainder(velocity: Tensor, found: dict[str, Tensor], ridge: float) -> tuple[Tensor, Tensor]:
    """The recording without the sure units: what every pixel has of their trains is taken off.

    Args:
        velocity: (B, T, Z, X) float32, normalised.
        found: what :class:`kmu.models.signals.Signals` says of it.
        ridge: of the regression, see :func:`kmu.models.unmixing.maps_of`.

    Returns:
        (B, T, Z, X) float32 of unit power, and (B, K) float32, 1 for the units taken off.
    """
    sure = found["present"] * ops.cast(ops.sigmoid(found["score_logits"]) >= SURE, "float32")
    train = found["train"] * sure[..., None]
    batch, frames, depth, width = ops.shape(velocity)
    flat = ops.reshape(velocity, (batch, frames, depth * width))
    left = without(flat, train, maps_of(flat, train, ridge))
    power = ops.mean(ops.square(left), axis=(1, 2), keepdims=True)
    left = left / ops.sqrt(power + 1e-12)
    return ops.reshape(left, (batch, frames, depth, width)), sure


def all_candidates(
    found: dict[str, Tensor], sure: Tensor, more: Candidates, duplicate_iou: float
) -> Candidates:
    """The units of a first look and the candidates of a second, to be looked at together.

    Args:
        found: of the first look.
        sure: (B, K) float32, its units that were taken off.
        more: logits (B, N, Z, X), proposals, cells and presence (B, N) seen in what was left.
        duplicate_iou: a candidate that overlaps a unit taken off by more is what is left of it.

    Returns:
        Logits, proposals, cells and presence of all, (B, K + N).
    """
    logits, proposal, cell, present = more
    batch, count, depth, width = ops.shape(found["territory"])
    before = ops.reshape(found["territory"], (batch, count, depth * width))
    before = before * found["present"][..., None]
    mask = ops.reshape(ops.sigmoid(logits), (batch, -1, depth * width))
    overlap = overlap_of(ops.concatenate([before * sure[..., None], mask], axis=1))
    new = ops.max(overlap[:, count:, :count], axis=-1) < duplicate_iou
    everything = (
        (logit(found["territory"]), logits),
        (found["proposal"], proposal),
        (ops.cast(centroid(before, width), cell.dtype), cell),
        (found["present"], present * ops.cast(new, "float32")),
    )
    first, second, third, fourth = (ops.concatenate(both, axis=1) for both in everything)
    return first, second, third, fourth
