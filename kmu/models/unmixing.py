"""Unmixing: given all territories, the twitch trains follow jointly by least squares."""

from typing import Any

from keras import ops

Tensor = Any


def unmix(velocity: Tensor, weight: Tensor, ridge: float) -> Tensor:
    """Trains S that minimise |V - S A|^2 + lambda |S|^2, A the pixels' weights in each unit.

    Args:
        velocity: (B, T, P) float32, pixels flattened.
        weight: (B, K, P) float32, the territories or near them; a unit that is absent has all
            zeros and gets a zero train.
        ridge: lambda, relative to the mean energy of the weights that are present.

    Returns:
        (B, K, T) float32.
    """
    gram = ops.matmul(weight, ops.transpose(weight, (0, 2, 1)))
    seen = ops.matmul(weight, ops.transpose(velocity, (0, 2, 1)))
    return solve_ridge(gram, seen, ridge)


def maps_of(velocity: Tensor, train: Tensor, ridge: float) -> Tensor:
    """Maps A that minimise |V - S A|^2 + lambda |A|^2: the recording regressed on trains.

    Args:
        velocity: (B, T, P) float32, pixels flattened.
        train: (B, K, T) float32; zeros for a unit that is absent, which gets a map of zeros.
        ridge: lambda, relative to the mean energy of the trains that are present.

    Returns:
        (B, K, P) float32.
    """
    gram = ops.matmul(train, ops.transpose(train, (0, 2, 1)))
    return solve_ridge(gram, ops.matmul(train, velocity), ridge)


def without(velocity: Tensor, train: Tensor, maps: Tensor) -> Tensor:
    """What is left of the velocity (B, T, P) without trains (B, K, T) times maps (B, K, P)."""
    return velocity - ops.matmul(ops.transpose(train, (0, 2, 1)), maps)


def solve_ridge(gram: Tensor, right: Tensor, ridge: float) -> Tensor:
    """Solves (G + lambda I) x = b for (B, K, K) positive G; absent units have a zero diagonal.

    With G = A A' of weights and b = A V' it unmixes; with G = S S' of trains and b = S V it
    regresses the recording on them, which gives maps. Lambda is relative to the mean diagonal.
    """
    count = ops.shape(gram)[-1]
    energy = ops.diagonal(gram, axis1=-2, axis2=-1)
    present = ops.maximum(ops.sum(ops.cast(energy > 0, "float32"), axis=-1), 1.0)
    typical = ops.sum(energy, axis=-1) / present
    shift = ridge * typical + 1e-6
    return ops.solve(gram + shift[:, None, None] * ops.eye(count), right)
