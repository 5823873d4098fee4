"""What ``Signals.cleaned`` shows its signal regressor."""

import types

import keras
import numpy as np

from kmu.models.signals import Signals


def courses_of(flat, mask, weight, ridge, before=None, peel_off=False):
    """The courses shown to a regressor that cleans nothing, and what ``cleaned`` then gives."""
    shown = []

    def regressor(courses):
        shown.append(np.asarray(courses))
        return courses[..., 0], courses[..., 1], courses[:, 0]

    config = types.SimpleNamespace(ridge=ridge, peel_off=peel_off)
    network = types.SimpleNamespace(config=config, regressor=regressor)
    given = (keras.ops.convert_to_tensor(one) for one in (flat, mask, weight))
    return shown, Signals.cleaned(network, *given, before)
