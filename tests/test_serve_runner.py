"""Batches of the server: what fails together is computed one by one."""

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.serving.runner import BatchRunner

tf = pytest.importorskip("tensorflow")


class Model:
    """Runs out of memory for more than ``most`` frames at a time."""

    frame_rate, thresholds = 100.0, {"score": 0.45}
    score = None

    def __init__(self, most):
        self.most, self.sizes = most, []

    def call(self, velocity, frame_rate, spacing):
        self.sizes.append(len(velocity))
        if velocity.shape[0] * velocity.shape[1] > self.most:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        score = (
            tf.reduce_mean(velocity, axis=(1, 2, 3))[:, None] if self.score is None else self.score
        )
        return {"score": score, "territory": tf.ones((len(velocity), score.shape[1], 3, 2))}


def runner(model):
    made = BatchRunner.__new__(BatchRunner)
    made._tf, made._model = tf, model
    return made


def item(value, frames=4):
    return np.full((frames, 3, 2), value, np.float32), 100.0, (1.0, 1.0)


def test_a_batch_without_memory_is_computed_one_by_one():
    model = Model(most=4)
    answers = runner(model).answer([item(1), item(2), item(3)])
    assert [float(answer["score"][0]) for answer in answers] == [1, 2, 3]
    assert model.sizes == [3, 1, 1, 1]


def test_an_answer_says_how_many_frames_of_jolts_were_bridged():
    velocity = 0.05 * np.random.default_rng(1).standard_normal((400, 8, 9)).astype(np.float32)
    knocked = velocity.copy()
    knocked[200:208] += 8.0  # 40 ms at 200 Hz
    items = [(one, 200.0, (1.0, 1.0)) for one in (velocity, knocked)]
    still, moved = runner(Model(most=10_000)).answer(items)
    assert still["bridged_frames"] == 0
    # At 100 Hz: 4 frames, up to two on either side by the resampling, and the margin of 2.
    assert 8 <= moved["bridged_frames"] <= 12


def test_memory_run_out_fails_the_request_that_is_too_large_alone():
    answers = runner(Model(most=4)).answer([item(1), item(2, frames=9)])
    assert float(answers[0]["score"][0]) == 1
    assert isinstance(answers[1], InputError)
    assert "memory" in str(answers[1])


def test_candidates_are_valid_above_the_recordings_own_threshold():
    model = Model(most=100)
    model.score = tf.constant([[0.9, 0.5, 0.4, 0.35, 0.35, 0.3, 0.3, 0.15, 0.0]])
    [answer] = runner(model).answer([item(1)])
    assert answer["valid"].tolist() == [True] * 5 + [False] * 4
