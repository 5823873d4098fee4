"""Windows of images around given pixels, cut and put back as matrix products."""

from typing import Any

from keras import ops

Tensor = Any


def centroid(mask: Tensor, width: Tensor) -> Tensor:
    """(B, K) int32: the pixel at the centre of mass of each mask (B, K, P)."""
    pixel = ops.arange(ops.shape(mask)[-1])
    place = ops.cast(ops.stack([pixel // width, pixel % width], axis=-1), "float32")
    mean = ops.matmul(mask, place) / (ops.sum(mask, axis=-1, keepdims=True) + 1e-3)
    row_column = ops.cast(ops.round(mean), "int32")
    return row_column[..., 0] * width + row_column[..., 1]


def selection(centre: Tensor, side: int, size: Tensor) -> Tensor:
    """(B, K, side, size) one-hot rows that pick ``side`` pixels around each centre.

    As products with these, windows are cut and put back faster than by gathering; a row beyond
    the image is all zeros.
    """
    wanted = centre[..., None] + ops.arange(side) - side // 2
    return ops.cast(wanted[..., None] == ops.arange(size), "float32")


def cut(rows: Tensor, images: Tensor, columns: Tensor) -> Tensor:
    """Images (..., Z, X) seen through :func:`selection` of rows and of columns."""
    return ops.matmul(ops.matmul(rows, images), ops.swapaxes(columns, -1, -2))
