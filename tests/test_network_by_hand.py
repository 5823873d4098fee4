"""Layers of the network against plain numpy, pixel by pixel and channel by channel."""

import types

import keras
import numpy as np
import pytest
from keras import layers

from kmu.config import NETWORK_PRESETS
from kmu.models import Identifier, LocalCorrelation, SignalRegressor
from kmu.models.convolved import convolved
from kmu.models.segmenter import best_cells, mask_logits
from kmu.models.slow_fusion import SlowFusion
from kmu.models.territory_refiner import TerritoryRefiner

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def shaken(layer):
    """The layer with weights that are neither 0 nor 1; variances stay positive."""
    for variable in layer.variables:
        variable.assign(0.5 + 0.5 * RNG.uniform(size=variable.shape))
    return layer


@pytest.mark.parametrize("training", [True, False])
def test_convolution_and_normalisation_are_one_after_the_other_in_use_and_in_training(training):
    stack = []
    for filters, kernel, stride in ((4, 3, 2), (5, 1, 1)):
        stack += [
            layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(),
        ]
    maps, channels = normal(2, 9, 10, 3), 3
    for layer in stack:
        layer.build((None, None, None, channels))
        channels = getattr(layer, "filters", channels)
        shaken(layer)
    expected = maps
    for conv, norm in zip(stack[::2], stack[1::2], strict=True):
        seen = np.asarray(conv(expected))
        mean, variance = np.asarray(norm.moving_mean), np.asarray(norm.moving_variance)
        if training:
            mean, variance = seen.mean((0, 1, 2)), seen.var((0, 1, 2))
        seen = np.asarray(norm.gamma) * (seen - mean) / np.sqrt(variance + norm.epsilon)
        expected = np.maximum(seen + np.asarray(norm.beta), 0)
    found = np.asarray(convolved(stack, maps, training))
    assert found.shape == (2, 5, 5, 5)
    assert (found > 0).any()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_every_channel_of_local_correlation_has_its_own_neighbour():
    velocity, offsets = normal(2, 20, 5, 6), (0, 1, 3)
    rows = velocity - velocity.mean(1, keepdims=True)
    rows = rows / np.sqrt((rows**2).sum(1, keepdims=True) + 1e-4 * 20)
    pairs = [(0, across) for across in (-3, -1, 0, 1, 3)]
    pairs += [(sign * down, a) for down in (1, 3) for sign in (1, -1) for a in (-3, -1, 0, 1, 3)]
    expected = np.zeros((2, 5, 6, 26), np.float32)
    for channel, (down, across) in enumerate(pairs):
        for row in range(max(-down, 0), min(5 - down, 5)):
            for column in range(max(-across, 0), min(6 - across, 6)):
                expected[:, row, column, channel] = np.sum(
                    rows[:, :, row, column] * rows[:, :, row + down, column + across], axis=1
                )
    expected[..., 25] = np.log(velocity.var(1) + 1e-3)
    layer = LocalCorrelation((3, 0, 1))
    assert (layer.offsets, layer.channels) == (offsets, 26)
    assert layer.compute_output_shape((2, None, 5, 6)) == (2, 5, 6, 26)
    np.testing.assert_allclose(layer(velocity), expected, atol=1e-4)


def test_slow_fusion_ends_with_mean_maximum_and_deviation_over_time():
    velocity = normal(2, 30, 4, 5)
    fused = np.asarray(SlowFusion.call(types.SimpleNamespace(stack=[]), velocity))
    np.testing.assert_allclose(fused[..., 0], velocity.mean(1), atol=1e-5)
    np.testing.assert_allclose(fused[..., 1], velocity.max(1), atol=1e-5)
    np.testing.assert_allclose(fused[..., 2], np.sqrt(velocity.var(1) + 1e-4), atol=1e-4)


def test_a_mask_is_a_linear_form_of_its_embedding_and_a_quadratic_one_of_the_place():
    depth, width, slots = 6, 7, 2
    embedding, kernel = normal(1, depth, width, 3), normal(1, depth * width * slots, 9)
    cells = np.array([[(4 * width + 2) * slots + 1, (1 * width + 5) * slots]], np.int32)
    maps = {name: keras.ops.convert_to_tensor(one) for name, one in (
        ("embedding", embedding), ("kernel", kernel))}  # fmt: skip
    found = np.asarray(mask_logits(maps, cells, slots))
    assert found.shape == (1, 2, depth, width)
    for k, (row, column) in enumerate(((4, 2), (1, 5))):
        linear, form = np.split(kernel[0, cells[0, k]], [3])
        form = form + np.array([2.5, 0, 0, -4, -4, 0])
        z, x = np.mgrid[:depth, :width]
        z, x = (z - row) / 8, (x - column) / 8
        expected = embedding[0] @ linear + form[0] + form[1] * z + form[2] * x
        expected += form[3] * z**2 + form[4] * x**2 + form[5] * z * x
        np.testing.assert_allclose(found[0, k], expected, atol=1e-4)


def test_cells_beyond_the_maxima_that_there_are_have_no_score():
    centre = np.full((1, 2, 2, 1), -3.0, np.float32)
    centre[0, 1, 0, 0] = 2.0
    cell, score = (np.asarray(one)[0] for one in best_cells(centre, 6))
    assert cell[0] == 2
    assert score == pytest.approx([1 / (1 + np.exp(-2.0)), 0, 0, 0, 0, 0])
    assert ((cell >= 0) & (cell < 4)).all()
    # Of a ridge of two equal cells both are maxima; a neighbour aslant is none.
    centre[0, 1, 1, 0], centre[0, 0, 0, 0] = 2.0, 1.9
    cell, score = (np.asarray(one)[0] for one in best_cells(centre, 3))
    assert sorted(cell[:2].tolist()) == [2, 3]
    assert score[2] == 0


def pooled(maps):
    batch, depth, width, channels = maps.shape
    return maps.reshape(batch, depth // 2, 2, width // 2, 2, channels).max((2, 4))


def test_the_refiner_sees_at_full_and_half_resolution():
    refiner = TerritoryRefiner(3)
    refiner.build()
    for layer in (refiner.entry, *refiner.half, refiner.lateral, refiner.last, refiner.exit):
        for variable in layer.variables:
            variable.assign(0.3 * RNG.standard_normal(variable.shape))
    window = normal(2, 8, 8, 6)
    whole = np.asarray(refiner.entry(window))
    half = pooled(whole)
    for layer in refiner.half:
        half = np.asarray(layer(half))
    half = np.asarray(refiner.lateral(half)).repeat(2, axis=1).repeat(2, axis=2)
    seen = np.asarray(refiner.last(np.maximum(whole + half, 0)))
    change, feature = (np.asarray(one) for one in refiner(window))
    assert (change.shape, feature.shape) == ((2, 2, 8, 8), (2, 6))
    np.testing.assert_allclose(
        change, np.asarray(refiner.exit(seen)).transpose(0, 3, 1, 2), atol=1e-5
    )
    np.testing.assert_allclose(
        feature, np.concatenate([seen.mean((1, 2)), seen.max((1, 2))], 1), atol=1e-5
    )
    # Three convolutions of three pixels at half resolution see six pixels more on either side.
    far = window.copy()
    far[:, 0, 0] += 5
    assert np.abs(np.asarray(refiner(far)[0]) - change)[:, :, 6].max() > 0


def test_the_regressor_adds_what_it_learned_to_the_unmixed_train():
    regressor = SignalRegressor(4, (1, 3))
    regressor.build((None, None, 4))
    for variable in regressor.variables:
        variable.assign(0.3 * RNG.standard_normal(variable.shape))
    courses = normal(3, 25, 4)
    hidden = np.asarray(regressor.entry(courses))
    for (wide, narrow), rate in zip(regressor.blocks, (1, 3), strict=True):
        assert wide.dilation_rate == (rate,)
        hidden = hidden + np.asarray(narrow(wide(hidden)))
    out = np.asarray(regressor.exit(np.maximum(hidden, 0)))
    train, firing, feature = regressor(courses)
    np.testing.assert_allclose(train, courses[..., 0] + out[..., 0], atol=1e-4)
    np.testing.assert_allclose(firing, out[..., 1] - 2, atol=1e-4)
    np.testing.assert_allclose(
        feature, np.concatenate([hidden.mean(1), hidden.max(1)], 1), atol=1e-4
    )


def test_a_new_network_changes_nothing_and_expects_few_firings():
    regressor, refiner = SignalRegressor(4, (1, 2)), TerritoryRefiner(4)
    regressor.build((None, None, 4))
    refiner.build()
    for _, narrow in regressor.blocks:
        assert not np.asarray(narrow.kernel).any()
    change, _ = refiner(normal(1, 8, 8, 6))
    assert not np.asarray(change).any()


def test_layers_have_the_sizes_that_trained_weights_have():
    made = Identifier(NETWORK_PRESETS["tiny"])
    made.build()
    signals, segmenter = made.signals, made.segmenter

    def sizes(*parts):
        return [tuple(part.kernel.shape) for part in parts if hasattr(part, "kernel")]

    refiner = signals.refiner
    assert sizes(refiner.entry, *refiner.half, refiner.lateral, refiner.last, refiner.exit) == [
        (3, 3, 6, 4), (3, 3, 4, 8), (3, 3, 8, 8), (3, 3, 8, 8), (1, 1, 8, 4), (3, 3, 4, 4),
        (1, 1, 4, 2),
    ]  # fmt: skip
    regressor = signals.regressor
    blocks = [layer for block in regressor.blocks for layer in block]
    assert sizes(regressor.entry, *blocks, regressor.exit) == [
        (9, 6, 8), *[(5, 8, 8), (1, 8, 8)] * 3, (5, 8, 2)
    ]  # fmt: skip
    for judge in (signals.sieve, signals.judge):
        assert sizes(*judge) == [(2 * 4 + 2 * 8 + 6, 32), (32, 1)]
    assert sizes(*made.slow_fusion.stack) == [(5, 3, 3, 1, 4), (5, 3, 3, 4, 8)]
    channels = made.correlation.channels
    assert sizes(*segmenter.entry) == [(1, 1, channels, 8)]
    # At the second level the maps of half resolution come in: three times eight.
    assert [sizes(*stack) for stack in segmenter.down] == [
        [(3, 3, 8, 8), (3, 3, 8, 8)], [(3, 3, 8 + 24, 12), (3, 3, 12, 12)],
        [(3, 3, 12, 16), (3, 3, 16, 16)], [(3, 3, 16, 16), (3, 3, 16, 16)],
    ]  # fmt: skip
    assert [sizes(*stack) for stack in segmenter.up] == [
        [(3, 3, 32, 16), (3, 3, 16, 16)], [(3, 3, 24, 12), (3, 3, 12, 12)],
        [(3, 3, 16, 8), (3, 3, 8, 8)],
    ]  # fmt: skip
    slots = made.config.segmenter.slots
    assert sizes(segmenter.centre, segmenter.kernel, segmenter.embedding) == [
        (1, 1, 8, slots), (1, 1, 8, slots * 10), (3, 3, 8, 4)
    ]  # fmt: skip
    np.testing.assert_allclose(segmenter.centre.bias, -4.6)
    velocity = normal(1, 40, 16, 16)
    for fused in (made.slow_fusion(velocity), made.slow_fusion(velocity, training=False)):
        np.testing.assert_allclose(fused, made.slow_fusion(velocity, training=False))
    assert not np.allclose(fused, made.slow_fusion(velocity, training=True))


def test_every_layer_is_made_again_from_its_configuration(identifier):
    parts = (identifier, identifier.grid, identifier.correlation, identifier.slow_fusion,
             identifier.segmenter, identifier.signals, identifier.signals.refiner,
             identifier.signals.regressor)  # fmt: skip
    for part in parts:
        again = type(part).from_config(part.get_config())
        assert again.get_config() == part.get_config()
