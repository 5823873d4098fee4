"""Losses, as plain functions of tensors."""

from typing import Any

from keras import ops

Tensor = Any


def centre_loss(logits: Tensor, target: Tensor, at_centre: Tensor) -> Tensor:
    """Penalty-reduced focal loss of centre maps (Law and Deng, CornerNet, ECCV 2018, eq. 1).

    Args:
        logits: (B, Z, X, S) float32.
        target: (B, Z, X, S) float32 in [0, 1], a bump around every centre.
        at_centre: (B, Z, X, S) float32, 1 at the centres themselves.

    Returns:
        A scalar, a unit's share on average.
    """
    probability = ops.sigmoid(logits)
    hit = at_centre * ops.square(1 - probability) * ops.log_sigmoid(logits)
    miss = (1 - at_centre) * (1 - target) ** 4 * ops.square(probability)
    miss = miss * ops.log_sigmoid(-logits)
    return -ops.sum(hit + miss) / ops.maximum(ops.sum(at_centre), 1.0)


def mask_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Dice loss plus cross-entropy relative to the territory's area.

    Args:
        logits: (B, K, Z, X) float32.
        target: (B, K, Z, X) float32, 0 or 1.
        weight: (B, K) float32, 1 for the masks that count.

    Returns:
        A scalar, a mask's share on average.
    """
    probability = ops.sigmoid(logits)
    together = ops.sum(probability * target, axis=(-2, -1))
    area = ops.sum(target, axis=(-2, -1))
    total = ops.sum(ops.square(probability), axis=(-2, -1)) + area
    dice = 1 - (2 * together + 1) / (total + 1)
    entropy = ops.softplus(logits) - logits * target
    entropy = ops.sum(entropy, axis=(-2, -1)) / (area + 16)
    return weighted_mean(dice + 0.25 * entropy, weight)


def train_loss(train: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """One minus Pearson's correlation, plus the squared error relative to the target's power.

    Args:
        train: (B, K, T) float32.
        target: (B, K, T) float32.
        weight: (B, K) float32, 1 for the units that count.

    Returns:
        A scalar, a unit's share on average.
    """
    power = ops.sum(ops.square(target), axis=-1) + 1e-3
    error = ops.minimum(ops.sum(ops.square(train - target), axis=-1) / power, 4.0)
    return weighted_mean(1 - pearson(train, target) + 0.25 * error, weight)


def pearson(first: Tensor, second: Tensor) -> Tensor:
    """Pearson's correlation over the last axis; 0 where either is constant."""
    first = first - ops.mean(first, axis=-1, keepdims=True)
    second = second - ops.mean(second, axis=-1, keepdims=True)
    power = ops.sum(ops.square(first), axis=-1) * ops.sum(ops.square(second), axis=-1)
    return ops.sum(first * second, axis=-1) / ops.sqrt(power + 1e-6)


def cross_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy, averaged where ``weight`` is 1; targets may be soft."""
    entropy = ops.softplus(logits) - logits * target
    if len(ops.shape(entropy)) > len(ops.shape(weight)):
        entropy = ops.mean(entropy, axis=-1)
    return weighted_mean(entropy, weight)


def evened(weight: Tensor) -> Tensor:
    """Weights (B, K) by which a recording counts with the root of its number of units.

    A mean over all units of a batch would hardly see the recordings that have one or two.
    """
    count = ops.sum(weight, axis=1, keepdims=True)
    return weight / ops.sqrt(ops.maximum(count, 1.0))


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """The mean of ``values``, each as often as ``weight`` says; 0 where it is 0 everywhere."""
    return ops.sum(values * weight) / ops.maximum(ops.sum(weight), 1.0)
