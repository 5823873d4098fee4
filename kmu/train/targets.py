"""What true units ask of the network: centre maps, matches, which candidates are units."""

from typing import Any

from keras import ops

from kmu.train.losses import pearson

Tensor = Any
Batch = dict[str, Tensor]
# Width of the bump around a true centre, in pixels of the model grid.
_CENTRE_SIGMA = 1.0


def centre_targets(batch: Batch, shape: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    """Bumps around true centres and the centres alone, both (B, Z, X, S).

    Args:
        batch: with ``cell`` (B, M, 2) row and column of each centre, ``slot`` and ``present``
            (B, M).
        shape: (B, Z, X, S).
    """
    _, depth, width, slots = shape
    row, column = batch["cell"][..., 0], batch["cell"][..., 1]
    down = ops.square(ops.arange(depth) - row[..., None])
    across = ops.square(ops.arange(width) - column[..., None])
    distance = ops.cast(down[..., :, None] + across[..., None, :], "float32")
    bump = ops.exp(-distance / (2 * _CENTRE_SIGMA**2)) * batch["present"][..., None, None]
    target = [
        ops.max(bump * ops.cast(batch["slot"] == slot, "float32")[..., None, None], axis=1)
        for slot in range(slots)
    ]
    stacked = ops.stack(target, axis=-1)
    return stacked, ops.cast(stacked > 0.999, "float32")


def matched(
    found: Tensor, truth: Tensor, found_present: Tensor, truth_present: Tensor
) -> tuple[Tensor, Tensor]:
    """One-to-one matches of candidates and true units by mutual best overlap.

    Args:
        found: (B, K, Z, X) float32, 0 or 1.
        truth: (B, M, Z, X) float32, 0 or 1.
        found_present: (B, K) float32.
        truth_present: (B, M) float32.

    Returns:
        (index, overlap): (B, K) int32, each candidate's true unit, and (B, K) float32, their
        intersection over union, 0 where the candidate has none.
    """
    batch, count, depth, width = ops.shape(found)
    true_count = ops.shape(truth)[1]
    found = ops.reshape(found, (batch, count, depth * width))
    truth = ops.reshape(truth, (batch, true_count, depth * width))
    together = ops.matmul(found, ops.transpose(truth, (0, 2, 1)))
    union = ops.sum(found, axis=-1)[:, :, None] + ops.sum(truth, axis=-1)[:, None] - together
    overlap = together / (union + 1e-6)
    overlap = overlap * found_present[:, :, None] * truth_present[:, None]
    index = ops.cast(ops.argmax(overlap, axis=2), "int32")
    best = ops.max(overlap, axis=2)
    back = ops.cast(ops.argmax(overlap, axis=1), "int32")
    mutual = ops.take_along_axis(back, index, axis=1) == ops.arange(count, dtype="int32")
    return index, best * ops.cast(mutual, "float32")


def on_a_unit(mask: Tensor, train: Tensor, truth: Tensor, true_train: Tensor) -> Tensor:
    """Which candidates are a unit, a part of one, or a duplicate: its place and its train.

    Args:
        mask: (B, K, Z*X) float32 of the candidates.
        train: (B, K, T) float32.
        truth: (B, M, Z, X) float32, 0 or 1.
        true_train: (B, M, T) float32.

    Returns:
        (B, K) float32, 1 where a tenth of the candidate lies on a unit with whose train its own
        correlates more than 0.6.
    """
    batch, count, pixels = ops.shape(truth)[0], ops.shape(truth)[1], ops.shape(mask)[-1]
    flat = ops.reshape(truth, (batch, count, pixels))
    found = ops.cast(mask >= 0.5, "float32")
    together = ops.matmul(found, ops.transpose(flat, (0, 2, 1)))
    inside = together >= 0.1 * ops.maximum(ops.sum(found, axis=-1, keepdims=True), 1.0)
    alike = pearson(train[:, :, None], true_train[:, None]) > 0.6
    return ops.cast(ops.any(ops.logical_and(inside, alike), axis=-1), "float32")


def hard_iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of masks (..., Z, X) that are 0 or 1; (...)."""
    together = ops.sum(first * second, axis=(-2, -1))
    union = ops.sum(ops.maximum(first, second), axis=(-2, -1))
    return together / ops.maximum(union, 1.0)
