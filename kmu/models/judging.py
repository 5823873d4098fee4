"""What a candidate is judged by, besides its territory and its train."""

from typing import Any

from keras import layers, ops

from kmu.models.merging import overlap_of

Tensor = Any


def judge_layers() -> list[Any]:
    """Two dense layers, from all that was seen of a candidate to a logit."""
    return [
        layers.Dense(32, activation="relu", dtype="float32"),
        layers.Dense(1, kernel_initializer="zeros", dtype="float32"),
    ]


def circumstances(mask: Tensor, clean: Tensor, scale: Tensor, proposal: Tensor) -> Tensor:
    """What else tells a unit from a duplicate or an artefact: (B, K, 6)."""
    overlap = overlap_of(mask)
    overlap = overlap * ops.tril(ops.ones_like(overlap), -1)
    unit = clean / ops.sqrt(ops.cast(ops.shape(clean)[-1], "float32"))
    alike = ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))
    alike = alike * ops.cast(overlap > 0.1, "float32")
    return ops.stack(
        [
            logit(proposal),
            ops.max(overlap, axis=-1),
            ops.max(alike, axis=-1),
            ops.min(alike, axis=-1),
            ops.log(scale[..., 0]),
            ops.log(ops.sum(mask, axis=-1) / 64.0 + 1e-2),
        ],
        axis=-1,
    )


def logit(probability: Tensor) -> Tensor:
    """The logit of probabilities, which are kept 1e-4 away from 0 and 1."""
    clipped = ops.clip(probability, 1e-4, 1 - 1e-4)
    return ops.log(clipped) - ops.log1p(-clipped)
