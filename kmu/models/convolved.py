"""A convolution with batch normalisation and ReLU: several operations in training, one in use."""

from typing import Any

from keras import ops

Tensor = Any


def convolved(convolution: Any, norm: Any, maps: Tensor, training: bool) -> Tensor:
    """Maps (B, ..., C) through a convolution layer without bias, its normalisation and a ReLU.

    In use the statistics are fixed: as part of the kernel they cost no pass over the maps.
    """
    if training:
        return ops.relu(norm(convolution(maps), training=True))
    factor = norm.gamma * ops.rsqrt(norm.moving_variance + norm.epsilon)
    maps, kernel, bias = (
        ops.cast(one, convolution.compute_dtype)
        for one in (maps, convolution.kernel * factor, norm.beta - norm.moving_mean * factor)
    )
    return ops.relu(ops.conv(maps, kernel, convolution.strides, convolution.padding) + bias)
