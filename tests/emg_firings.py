"""Firings of five EMG units, as every file of the tests holds them."""

import numpy as np

RATE = 2048.0


# The third unit of five has no firings.
TRUE = [np.arange(1, 9) * 0.2, np.array([0.5, 1.25]), np.zeros(0), np.array([0.125]), np.array([1])]


def samples(first):
    return [np.round(times * RATE) + first for times in TRUE]


def assert_true(read):
    assert [len(times) for times in read] == [len(times) for times in TRUE]
    for one, other in zip(read, TRUE, strict=True):
        np.testing.assert_allclose(one, other, atol=0.6 / RATE)
