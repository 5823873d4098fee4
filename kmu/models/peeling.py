"""Peel-off: what of a unit is left in the recording once all clean trains are taken off it."""

from typing import Any

from keras import ops

from kmu.models.unmixing import maps_of, without

Tensor = Any
# Of a unit of one pixel that moves as its train does; keeps units that hardly move from counting.
_LEAST_ENERGY = 0.1


def left_of_units(flat: Tensor, mask: Tensor, train: Tensor, ridge: float) -> Tensor:
    """What clean trains miss, unit by unit.

    Unmixing keeps every neighbour out of a train by its weights, which costs noise and leaves what
    the weights do not fit. Trains that a network has cleaned hold less of the neighbours, so that
    the recording without all of them shows where each of them is wrong: of that remainder, the
    part along a unit's own map belongs to its train. In multiuser detection this is parallel
    interference cancellation (Varanasi and Aazhang 1990); decompositions of EMG peel off known
    units the same way (Chen and Zhou 2016).

    Args:
        flat: (B, T, P) float32, normalised velocity.
        mask: (B, K, P) float32 in [0, 1], the territories.
        train: (B, K, T) float32, clean; zeros for what is no unit.
        ridge: see :func:`peeled`.

    Returns:
        (B, K, T) float32, what would have to be added to each train.
    """
    maps, own = peeled(flat, mask, train, ridge)
    return ops.matmul(own, ops.transpose(without(flat, train, maps), (0, 2, 1)))


def peeled(flat: Tensor, mask: Tensor, train: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """How units move the image, and the weights that bring a remainder back to their trains.

    Args:
        flat: (B, T, P) float32, normalised velocity.
        mask: (B, K, P) float32 in [0, 1], the territories.
        train: (B, K, T) float32, clean; zeros for what is no unit.
        ridge: of the regression of the pixels on the trains, see
            :func:`kmu.models.unmixing.maps_of`.

    Returns:
        Both (B, K, P) float32: the maps by regression, and the weights, which are each unit's map
        within its territory over the energy that it has there.
    """
    maps = maps_of(flat, train, ridge)
    own = maps * mask
    return maps, own / (ops.sum(own * maps, axis=-1, keepdims=True) + _LEAST_ENERGY)
