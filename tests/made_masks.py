"""Masks of known size and place, and the slope of a loss."""

import numpy as np


def square(top, left, side=4, shape=(12, 14)):
    mask = np.zeros(shape, np.float32)
    mask[top : top + side, left : left + side] = 1
    return mask


def logits_of(mask, sure=12.0):
    return (sure * (2 * mask - 1)).astype(np.float32)


def slope(loss, at):
    import tensorflow as tf

    at = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = loss(at)
    return tape.gradient(value, at).numpy()
