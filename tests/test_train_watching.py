"""What TensorBoard shows of a training: validation recordings, their scores and pictures."""

import numpy as np
import pytest
import tensorflow as tf
from own_scanner import GRID, TINY, own_dataset

import kmu
from kmu.models import Identifier
from kmu.train.objectives import SegmentationObjective, SignalObjective
from kmu.train.watching import Watch, pictures, watched_batch


@pytest.fixture(scope="module")
def own_family(tmp_path_factory):
    return own_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def watched(own_family):
    """The batch, an untrained network, and its objectives."""
    data, builder = own_family
    batch = watched_batch(builder, data.replace(clip_frames=(40, 40)), GRID, (2, 3.0), 2)
    identifier = Identifier(TINY.network)
    identifier.build()
    return batch, [SegmentationObjective(identifier), SignalObjective(identifier, 4)]


def test_validation_recordings_are_watched_without_augmentation(watched, own_family):
    _, builder = own_family
    batch, _ = watched
    assert batch["velocity"].shape == (1, 40, 32, 32)
    (raw,) = builder.as_dataset(split="validation")
    recording = kmu.Recording(raw["velocity"].numpy(), 200.0, (0.3125, 0.3125))
    whole = np.sqrt(np.mean(recording.velocity.astype(np.float32) ** 2))
    assert np.sqrt(np.mean(np.square(batch["velocity"]))) == pytest.approx(whole, rel=0.3)


def test_tensorboard_gets_scores_and_pictures_of_every_phase(watched, tmp_path):
    batch, objectives = watched
    for objective in objectives:
        folder = tmp_path / objective.name
        watch = Watch(batch, folder)
        watch.set_model(objective)
        watch.on_epoch_end(3)
        (path,) = (folder / "validation").iterdir()
        events = [
            value
            for event in tf.compat.v1.train.summary_iterator(str(path))
            for value in event.summary.value
        ]
        tags = {value.tag for value in events}
        assert {f"epoch_{name}" for name in ("loss", *objective.reported)} <= tags | {
            # Of a network without refinement there is no such loss.
            f"epoch_{name}" for name in ("score_loss", "sieve_loss", "mask_loss")
        }  # fmt: skip
        image = next(value for value in events if value.tag.startswith("power"))
        assert image.tensor.string_val[2].startswith(b"\x89PNG")


def test_a_picture_shows_power_truth_and_what_is_found(watched):
    batch, _ = watched
    territory = np.asarray(batch["territory"])
    outputs = {
        "territory": territory,
        "present": np.ones(territory.shape[:2], np.float32),
        "score_logits": np.full(territory.shape[:2], 3.0, np.float32),
    }
    (image,) = pictures(batch, outputs)
    assert image.shape == (128, 3 * 128 + 4, 1)
    truth, found = image[:, 130:258, 0], image[:, 260:, 0]
    assert np.array_equal(truth > 0, found > 0)
    assert image[:, 128:130].min() == 255
