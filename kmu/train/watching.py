"""What TensorBoard shows of a training beside its losses: validation scores and pictures."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from kmu.config import DataConfig, GridConfig
from kmu.train.data import batches, recordings
from kmu.train.own import as_dataset

Batch = dict[str, Any]
# Pixels of a picture for one of the grid, and between its three parts.
_ENLARGED, _GAP = 4, 2


def watched_batch(
    builder: Any, config: DataConfig, grid: GridConfig, slots: tuple[int, float], count: int
) -> Batch:
    """The first validation recordings as one batch, cut as training cuts, without augmentation.

    Args:
        builder: an opened data set.
        config: of the training.
        grid: of the network.
        slots: as :func:`kmu.train.data.batches` takes it.
        count: how many recordings.
    """
    pairs = list(recordings(builder, "validation", count))
    plain = config.replace(
        batch_size=len(pairs),
        shuffle_buffer=1,
        crop_probability=0.0,
        views=config.views[:1],
        noise=0.0,
        blurred_noise=0.0,
        smoothing=0.0,
        superpose_probability=0.0,
        no_twitch=0.0,
    )
    (batch,) = batches(as_dataset(pairs, grid), plain, slots, 0, 0, 1)
    return dict(batch)


class Watch(keras.callbacks.Callback):
    """Writes losses, scores and pictures of a batch of validation recordings at each checkpoint.

    The names are those of the training's own curves, so that TensorBoard draws both together.

    Args:
        batch: from :func:`watched_batch`.
        folder: of the phase's logs.
    """

    def __init__(self, batch: Batch, folder: Path) -> None:
        super().__init__()
        self.batch = batch
        self.writer = tf.summary.create_file_writer(str(folder / "validation"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called by Keras where a checkpoint is written."""
        batch = {name: ops.convert_to_tensor(np.asarray(one)) for name, one in self.batch.items()}
        outputs = self.model(batch, training=False)
        losses, watched = self.model.losses_of(batch, outputs)
        values = {"loss": sum(losses.values()), **losses, **watched}
        with self.writer.as_default(step=epoch):
            for name, value in values.items():
                tf.summary.scalar(f"epoch_{name}", float(value))
            shown = pictures(self.batch, outputs)
            tf.summary.image("power, true territories, found", shown, max_outputs=len(shown))
        self.writer.flush()


def pictures(batch: Batch, outputs: Batch) -> NDArray[np.uint8]:
    """Three images side by side for each recording: its power, its true units, what is found.

    Args:
        batch: as training takes it.
        outputs: of an objective: probable centres while the segmenter learns, then the territories
            of the candidates, each as bright as its score.

    Returns:
        (B, height, width, 1) uint8.
    """
    velocity, territory = np.asarray(batch["velocity"]), np.asarray(batch["territory"])
    parts = [np.sqrt(np.mean(velocity**2, axis=1)), territory.sum(1, dtype=np.float32)]
    if "centre" in outputs:
        parts.append(ops.convert_to_numpy(ops.max(ops.sigmoid(outputs["centre"]), axis=-1)))
    else:
        score = outputs["present"] * ops.sigmoid(outputs["score_logits"])
        seen = ops.max(outputs["territory"] * score[..., None, None], axis=1)
        parts.append(ops.convert_to_numpy(seen))
    brightest = [np.maximum(part.max((1, 2), keepdims=True), 1e-9) for part in parts]
    grey = [255 * np.clip(part / top, 0, 1) for part, top in zip(parts, brightest, strict=True)]
    large = [np.repeat(np.repeat(one, _ENLARGED, 1), _ENLARGED, 2) for one in grey]
    gap = np.full((*large[0].shape[:2], _GAP), 255.0)
    return np.concatenate([large[0], gap, large[1], gap, large[2]], 2)[..., None].astype(np.uint8)
