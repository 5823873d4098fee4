"""What the recording regressed on the trains shows of each unit: the refiner's windows."""

from typing import Any

from keras import ops

from kmu.models.territory_refiner import WINDOW_MAPS
from kmu.models.unmixing import solve_ridge
from kmu.models.windows import cut

Tensor = Any


def regressed(
    flat: Tensor,
    mask: Tensor,
    logits: Tensor,
    train: Tensor,
    picks: tuple[Tensor, Tensor],
    ridge: float,
) -> tuple[Tensor, Tensor]:
    """Maps of the regression of every pixel on all trains, in the window around each unit.

    Args:
        flat: (B, T, Z*X) float32, normalised velocity.
        mask: (B, K, Z*X) float32 in [0, 1], the territories so far.
        logits: (B, K, Z, X) float32, of the masks.
        train: (B, K, T) float32; zeros for what is no unit.
        picks: one-hot rows (B, K, S, Z) and columns (B, K, S, X) of the windows, see
            :func:`kmu.models.windows.selection`.
        ridge: of the regression, see :func:`kmu.models.unmixing.solve_ridge`.

    Returns:
        (B*K, S, S, 6) float32: regression coefficient, correlation, partial correlation, mask, its
        logit, and what other masks cover; and (B, K, S, S), the logits there. No gradient passes.
    """
    batch, count, depth, width = ops.shape(logits)
    together = ops.matmul(train, flat)
    gram = ops.matmul(train, ops.transpose(train, (0, 2, 1)))
    # Pixels are many more than units: the inverse and a product are quicker than solving.
    inverse = solve_ridge(gram, ops.eye(count) + ops.zeros_like(gram), ridge)
    maps = ops.matmul(inverse, together)
    power = ops.sum(ops.square(flat), axis=1)[:, None] + 1e-2
    # What the regression leaves of each pixel's power; the ridge makes it too large by little.
    left = ops.maximum(power - ops.sum(maps * together, axis=1, keepdims=True), 1e-2)
    # Cut first: only what is in the windows is worked out. One by one, which spares copies of
    # whole images.
    rows, columns = picks

    def seen(images: Tensor) -> Tensor:
        return cut(rows, ops.reshape(images, (batch, -1, depth, width)), columns)

    maps, together, inside, before = (seen(one) for one in (maps, together, mask, logits))
    others = seen(ops.sum(mask, axis=1, keepdims=True)) - inside
    # Beyond the image all is 0; the lower limits hold within it anyway.
    power, left = (ops.maximum(seen(one), 1e-2) for one in (power, left))
    strength = ops.sum(ops.square(train), axis=-1)[..., None, None] + 1e-4
    window = ops.stack(
        [
            ops.clip(maps, -3.0, 3.0),
            together / ops.sqrt(power * strength),
            maps * ops.sqrt(strength / (ops.square(maps) * strength + left)),
            inside,
            ops.clip(before / 4.0, -2.0, 2.0),
            ops.minimum(others, 3.0),
        ],
        axis=2,
    )
    side = ops.shape(rows)[2]
    window = ops.reshape(window, (batch * count, WINDOW_MAPS, side, side))
    return ops.stop_gradient(ops.transpose(window, (0, 2, 3, 1))), ops.stop_gradient(before)
