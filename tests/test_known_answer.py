"""A network of few weights, trained on two recordings whose units are known, says them again.

All that training is made of takes part: examples, batches and their filling, targets, losses and
both objectives; and in the end the identifier as it is used. A wrong target or loss shows here,
whatever its part looks like by itself.
"""

import keras
import numpy as np
import pytest
from known_recordings import FRAMES, ONE, RATE, SIDE, TWO, Prepared, example

from kmu.config import DataConfig, NetworkConfig, SegmenterConfig, SignalConfig
from kmu.evaluation.match import mask_overlap
from kmu.identification.firings import firings_from_probability
from kmu.models import Identifier
from kmu.train.data import batches, training_examples
from kmu.train.objectives import SegmentationObjective, SignalObjective

# Everything that the shipped design has but slow fusion, as small as can be: 5000 weights.
NETWORK = NetworkConfig(
    slow_fusion=False,
    correlation_offsets=(0, 2),
    segmenter=SegmenterConfig(widths=(8, 12), embedding=2, max_units=6),
    signal=SignalConfig(
        refiner_filters=4, refiner_window=24, regressor_filters=8, regressor_dilations=(1, 2)
    ),
)
DATA = DataConfig(batch_size=2, clip_frames=(FRAMES, FRAMES), crop_probability=0.0, noise=0.0)
STEPS = 120, 80


@pytest.fixture(scope="module")
def examples():
    return [example(*ONE), example(*TWO)]


@pytest.fixture(scope="module")
def identifier(examples):
    """Trained on four batches of the two recordings, which differ in how they are mirrored."""
    keras.utils.set_random_seed(0)
    made = Identifier(NETWORK)
    made.build()
    for layer in made._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            # The statistics that are used later are those of the last of so few steps.
            layer.momentum = 0.9
    slots = NETWORK.segmenter.slots, NETWORK.segmenter.shared_radius
    raw = training_examples(Prepared(examples), DATA)
    data = batches(raw, DATA, slots, 0, 0, 4).cache().repeat()
    train(SegmentationObjective(made), data, STEPS[0])
    train(SignalObjective(made, candidates=6), data, STEPS[1])
    return made


def train(objective, data, steps):
    rate = keras.optimizers.schedules.CosineDecay(5e-3, steps, 0.02)
    objective.compile(keras.optimizers.Adam(rate, global_clipnorm=5.0), jit_compile=False)
    objective.fit(data, epochs=1, steps_per_epoch=steps, verbose=0)


@pytest.mark.parametrize("which", [0, 1])
def test_the_trained_network_says_every_unit_of_its_recordings_and_no_other(
    identifier, examples, which
):
    known = examples[which]
    answer = identifier(
        {
            "velocity": known["velocity"][None],
            "frame_rate": np.array([RATE], np.float32),
            "spacing": np.array([[SIDE, SIDE]], np.float32),
        }
    )
    answer = {name: np.asarray(value)[0] for name, value in answer.items()}
    found = {name: value[answer["valid"]] for name, value in answer.items()}
    overlap, _ = mask_overlap(found["territory"] >= 0.5, known["territory"] >= 128)
    order = overlap.argmax(0)
    assert sorted(order) == list(range(len(found["score"])))
    assert overlap.max(0).min() > 0.9
    firings = firings_from_probability(found["firing_probability"], RATE, 0.5)
    for unit, k in enumerate(order):
        truth = known["firings"]["times"][unit].numpy()
        assert len(firings[k]) == len(truth)
        np.testing.assert_allclose(firings[k], truth, atol=0.005)
        ours, course = found["twitch_train"][k], known["twitch_train"][unit]
        assert np.corrcoef(ours, course)[0, 1] > 0.97
        # In mm/s: the drift that the grid removes is a part of the train.
        assert ours.std() / course.std() == pytest.approx(1, abs=0.15)
