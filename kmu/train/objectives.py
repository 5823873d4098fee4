"""What is trained: the identifier's two parts with their losses, as Keras models."""

from typing import Any

import keras
from keras import ops

from kmu.models.grid import normalise
from kmu.models.identifier import Identifier
from kmu.models.jolts import bridge_jolts
from kmu.models.segmenter import mask_logits
from kmu.train.devices import shared_loss
from kmu.train.losses import (
    centre_loss,
    cross_entropy,
    evened,
    mask_loss,
    pearson,
    train_loss,
    weighted_mean,
)
from kmu.train.targets import centre_targets, hard_iou, matched, on_a_unit

Tensor = Any
Batch = dict[str, Tensor]


class _Objective(keras.Model):
    """A part of the identifier with its loss; batches are what kmu.train.data makes."""

    reported: tuple[str, ...] = ()

    def __init__(self, identifier: Identifier, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.identifier = identifier
        self.means = {name: keras.metrics.Mean(name=name) for name in self.reported}

    def build(self, *_: Any) -> None:
        self.built = True

    def normalised(self, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """Velocity on the model grid as the identifier sees it, and its scale (B,) in mm/s."""
        batch, frames, depth, width = ops.shape(velocity)
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        flat = bridge_jolts(flat, (depth, width))
        level = ops.sqrt(ops.mean(ops.square(flat), axis=(1, 2)))
        return normalise(flat, level, (depth, width), self.identifier.config.grid)

    def losses_of(
        self, batch: Batch, outputs: Batch
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The parts of the loss, and what is only watched."""
        raise NotImplementedError

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        losses, watched = self.losses_of(x, y_pred)
        values = {**losses, **watched}
        for name, mean in self.means.items():
            if name in values:
                mean.update_state(values[name])
        return shared_loss(sum(losses.values()))

    @property
    def metrics(self) -> list[Any]:
        return [*super().metrics, *self.means.values()]


class SegmentationObjective(_Objective):
    """Trains slow fusion and segmenter: centres by focal loss, masks of the true centres."""

    reported = ("centre_loss", "mask_loss", "mask_iou")

    def __init__(self, identifier: Identifier, **kwargs: Any) -> None:
        super().__init__(identifier, **kwargs)
        _train_only(identifier, signals=False)

    def call(self, batch: Batch, training: bool = False) -> Batch:
        velocity, _ = self.normalised(batch["velocity"])
        return self.identifier.maps(velocity, training)

    def losses_of(
        self, batch: Batch, outputs: Batch
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        centre = outputs["centre"]
        slots = self.identifier.config.segmenter.slots
        target, at_centre = centre_targets(batch, ops.shape(centre))
        pixel = batch["mask_cell"][..., 0] * ops.shape(centre)[2] + batch["mask_cell"][..., 1]
        logits = mask_logits(outputs, pixel * slots + batch["slot"], slots)
        truth = ops.cast(batch["territory"] >= 0.5, "float32")
        predicted = ops.cast(logits > 0, "float32")
        overlap = hard_iou(predicted, truth)
        return (
            {
                "centre_loss": centre_loss(centre, target, at_centre),
                "mask_loss": 2.0 * mask_loss(logits, truth, evened(batch["present"])),
            },
            {"mask_iou": weighted_mean(overlap, batch["present"])},
        )


class SignalObjective(_Objective):
    """Trains refiner, signal regressor and judge on what the frozen segmenter really proposes.

    Args:
        identifier: the identifier; its segmenter and slow fusion stay as they are.
        candidates: proposals a recording that are looked at.
    """

    reported = (
        "train_loss",
        "firing_loss",
        "mask_loss",
        "score_loss",
        "sieve_loss",
        "train_correlation",
        "refined_iou",
        "recall",
    )

    def __init__(self, identifier: Identifier, candidates: int, **kwargs: Any) -> None:
        super().__init__(identifier, **kwargs)
        self.candidates = candidates
        _train_only(identifier, signals=True)

    def call(self, batch: Batch, training: bool = False) -> Batch:
        velocity, scale = self.normalised(batch["velocity"])
        maps = self.identifier.maps(velocity, training=False)
        maps = {name: ops.stop_gradient(value) for name, value in maps.items()}
        units = self.identifier.units(velocity, maps, self.candidates)
        return {**units, "scale": scale}

    def losses_of(
        self, batch: Batch, outputs: Batch
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        losses, watched = _losses_of_look(batch, outputs)
        if "first_look" in outputs:
            before = {**outputs["first_look"], "scale": outputs["scale"]}
            early, _ = _losses_of_look(batch, before)
            losses = {name: loss + 0.5 * early[name] for name, loss in losses.items()}
        return losses, watched


def _losses_of_look(batch: Batch, outputs: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    truth = ops.cast(batch["territory"] >= 0.5, "float32")
    found = ops.cast(outputs["territory"] >= 0.5, "float32")
    index, overlap = matched(found, truth, outputs["present"], batch["present"])
    near = evened(ops.cast(overlap >= 0.2, "float32"))
    close = evened(ops.cast(overlap >= 0.3, "float32"))
    hit = ops.cast(overlap >= 0.5, "float32")
    their = {
        name: ops.take_along_axis(batch[name], index[..., None], axis=1)
        for name in ("twitch_train", "firing")
    }
    mask = ops.take_along_axis(truth, index[..., None, None], axis=1)
    target = their["twitch_train"] / outputs["scale"][:, None, None]
    train = outputs["train"]
    losses = {
        "train_loss": train_loss(train, target, close),
        "firing_loss": 4.0 * cross_entropy(outputs["firing_logits"], their["firing"], close),
    }
    passes = outputs["territory_logits"]
    if passes:
        losses["score_loss"] = cross_entropy(
            outputs["score_logits"], hit, evened(outputs["present"])
        )
        # Twice: the refiner serves the trains too, and territories would suffer from it.
        each = [mask_loss(logits, mask, near) for logits in passes]
        losses["mask_loss"] = 2.0 * sum(each) / len(each)
    first = outputs["first"]
    if first:
        worthy = on_a_unit(first["mask"], first["train"], truth, batch["twitch_train"])
        losses["sieve_loss"] = cross_entropy(
            first["worth_logits"], worthy, evened(first["present"])
        )
        # The next refinement sees the territories through these trains.
        early = first["train"] * first["scale"]
        losses["train_loss"] = losses["train_loss"] + 0.5 * train_loss(early, target, close)
    watched = {
        "train_correlation": weighted_mean(pearson(train, target), hit),
        "refined_iou": weighted_mean(overlap, hit),
        "recall": ops.sum(hit) / ops.maximum(ops.sum(batch["present"]), 1.0),
    }
    return losses, watched


def _train_only(identifier: Identifier, signals: bool) -> None:
    """Makes either what follows the proposals trainable, or what makes them."""
    identifier.signals.trainable = signals
    identifier.segmenter.trainable = not signals
    if identifier.slow_fusion is not None:
        identifier.slow_fusion.trainable = not signals
