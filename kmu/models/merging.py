"""Which candidates are one unit: by their masks, and by their trains."""

from typing import Any

from keras import ops

Tensor = Any
# What moves less than this share of the fastest candidate with its train is no part of the unit.
ECHO = 0.4


def overlap_of(mask: Tensor) -> Tensor:
    """Soft intersection over union of all pairs: (B, K, K)."""
    together = ops.matmul(mask, ops.transpose(mask, (0, 2, 1)))
    area = ops.sum(mask, axis=-1)
    return together / (area[:, :, None] + area[:, None, :] - together + 1e-6)


def distinct(mask: Tensor, duplicate_iou: float) -> Tensor:
    """(B, K) float32: 1 for candidates with a mask that no stronger one has nearly the same of.

    Args:
        mask: (B, K, P) float32 in [0, 1], the strongest candidate first.
        duplicate_iou: a candidate that overlaps a stronger one more is the same.
    """
    overlap = overlap_of(mask)
    before = ops.tril(ops.ones_like(overlap), -1)
    alone = ops.max(overlap * before, axis=-1) < duplicate_iou
    return ops.cast(ops.logical_and(alone, ops.max(mask, axis=-1) >= 0.5), "float32")


def merged(
    mask: Tensor, train: Tensor, strength: Tensor, present: Tensor, correlation: float
) -> tuple[Tensor, Tensor]:
    """Candidates with one train become one: they are parts, duplicates or echoes of one unit.

    Firings of different units are at most partly synchronized, so their trains never correlate
    this much. The tissue around a unit takes part in its motion, or gives way to it: candidates
    there move far less than the fibres do, and are dropped. Of the others, parts that lie beside
    each other are united; of duplicates the first stays.

    Args:
        mask: (B, K, P) float32 in [0, 1], the strongest candidate first.
        train: (B, K, T) float32, clean.
        strength: (B, K) float32, how fast each moves.
        present: (B, K) float32.
        correlation: above it two trains are one, whatever their signs.

    Returns:
        (mask, present) after merging.
    """
    count = ops.shape(train)[1]
    likeness = train_correlation(train)
    both = ops.logical_and(present[:, :, None] > 0, present[:, None, :] > 0)
    of_one = ops.cast(ops.logical_and(ops.abs(likeness) > correlation, both), "float32")
    strongest = ops.max(of_one * strength[:, None, :], axis=-1)
    present = present * ops.cast(strength >= ECHO * strongest, "float32")
    alike = of_one * present[:, :, None] * present[:, None, :] * ops.cast(likeness > 0, "float32")
    # follows[b, j, k]: candidate j goes into k, the first before it that has its train.
    follows = ops.tril(alike, -1)
    first = ops.one_hot(ops.argmax(follows, axis=-1), count) * follows
    leads = 1.0 - ops.max(first, axis=-1)
    first = first * leads[:, None, :]
    beside = ops.cast(overlap_of(mask) < 0.5, "float32")
    joined = ops.matmul(ops.transpose(first * beside, (0, 2, 1)), mask)
    present = present * (1.0 - ops.max(first, axis=-1))
    return ops.minimum(mask + joined, 1.0) * present[..., None], present


def most_present(present: Tensor) -> Tensor:
    """() int32: the most candidates that a recording of the batch (B, K) has, at least 1."""
    return ops.maximum(ops.cast(ops.max(ops.sum(present, axis=1)), "int32"), 1)


def without_empty(
    mask: Tensor, train: Tensor, proposal: Tensor, present: Tensor
) -> tuple[Tensor, ...]:
    """The present candidates of (B, K, P) masks, (B, K, T) trains and (B, K) proposals."""
    count = ops.shape(present)[1]
    kept = ops.top_k(present, count)[1][:, : most_present(present)]
    # As a product with a one-hot matrix, whole masks are picked faster than by gathering.
    pick = ops.one_hot(kept, count)
    mask, train = ops.matmul(pick, mask), ops.matmul(pick, train)
    return mask, train, *(ops.take_along_axis(one, kept, axis=1) for one in (proposal, present))


def best_of_its_train(train: Tensor, score: Tensor, correlation: float) -> Tensor:
    """(B, K) float32: 0 for units with the train of a unit that has a higher score, else 1.

    Args:
        train: (B, K, T) float32.
        score: (B, K) float32.
        correlation: above it two trains are one.
    """
    alike = train_correlation(train) > correlation
    better = score[:, None, :] > score[:, :, None]
    return 1.0 - ops.cast(ops.any(ops.logical_and(alike, better), axis=-1), "float32")


def train_correlation(train: Tensor) -> Tensor:
    """Pearson's correlation of all pairs of trains (B, K, T): (B, K, K)."""
    centred = train - ops.mean(train, axis=-1, keepdims=True)
    unit = centred / ops.sqrt(ops.sum(ops.square(centred), axis=-1, keepdims=True) + 1e-6)
    return ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))
