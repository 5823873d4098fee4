"""Convolutions with batch normalisation and ReLU: several operations in training, one in use."""

from typing import Any

from keras import ops

Tensor = Any


def convolved(stack: list[Any], maps: Tensor, training: bool) -> Tensor:
    """Maps (B, ..., C) through convolution layers without bias, each with its normalisation.

    Args:
        stack: convolution, normalisation, convolution and so on; a ReLU follows each pair.
        maps: what goes in.
        training: whether batch statistics are used. In use they are fixed: as part of the kernel
            they cost no pass over the maps.
    """
    for convolution, norm in zip(stack[::2], stack[1::2], strict=True):
        if training:
            maps = ops.relu(norm(convolution(maps), training=True))
            continue
        factor = norm.gamma * ops.rsqrt(norm.moving_variance + norm.epsilon)
        maps, kernel, bias = (
            ops.cast(one, convolution.compute_dtype)
            for one in (maps, convolution.kernel * factor, norm.beta - norm.moving_mean * factor)
        )
        seen = ops.conv(maps, kernel, convolution.strides, convolution.padding)
        maps = ops.relu(seen + bias)
    return maps
