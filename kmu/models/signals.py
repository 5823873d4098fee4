"""From proposed masks to units: unmixing, refined territories, clean trains, firings, scores."""

from typing import Any

import keras
from keras import layers, ops

from kmu.config import SignalConfig
from kmu.models.signal_regressor import SignalRegressor
from kmu.models.unmixing import regress_maps, unmix

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class Signals(keras.layers.Layer):
    """Everything that follows once masks are proposed.

    The trains of all candidates follow jointly from their masks (unmixing); the recording
    regressed on those trains shows each unit's territory anew, from which a small network
    refines its mask, more than once if asked. Between two refinements candidates with the same
    clean train are merged: parts of one split territory, or duplicates. Unmixed again with the
    refined masks, each train is cleaned and its firings found by the signal regressor; a judge
    scores the unit from all that was seen of it.

    Args:
        config: thresholds and sizes.

    Call arguments:
        velocity: (B, T, Z, X) float32, normalised, on the model grid.
        logits: (B, K, Z, X) float32, the proposed masks.
        proposal: (B, K) float32 in [0, 1], the centre scores, highest first.
        cell: (B, K) int32, the pixel of each centre in the flattened (Z, X).

    Returns:
        A dictionary of ``territory`` (B, K, Z, X) in [0, 1]; ``territory_logits``, a list of those
        of each refinement; ``train`` (B, K, T) in the unit of the velocity; ``firing_logits``
        (B, K, T); ``score_logits`` (B, K); ``present`` (B, K) float32, 1 for candidates that were
        looked at.
    """

    def __init__(self, config: SignalConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config
        filters = config.refiner_filters
        self.regressor = SignalRegressor(config.regressor_filters, config.regressor_dilations)
        if config.refinements:
            self.refiner = [
                layers.Conv2D(filters, 3, padding="same", activation="relu"),
                layers.Conv2D(filters, 3, padding="same", dilation_rate=2, activation="relu"),
                layers.Conv2D(filters, 3, padding="same", dilation_rate=4, activation="relu"),
                layers.Conv2D(filters, 3, padding="same", activation="relu"),
            ]
            self.refined = layers.Conv2D(1, 1, kernel_initializer="zeros")
            self.judge = [
                layers.Dense(32, activation="relu"),
                layers.Dense(1, kernel_initializer="zeros"),
            ]

    def build(self, *_: Any) -> None:
        self.regressor.build((None, None, 4))
        if self.config.refinements:
            channels = 5
            for layer in self.refiner:
                layer.build((None, None, None, channels))
                channels = layer.filters
            self.refined.build((None, None, None, channels))
            features = 2 * channels + 2 * self.config.regressor_filters + 6
            for dense in self.judge:
                dense.build((None, None, features))
                features = dense.units
        self.built = True

    def call(
        self, velocity: Tensor, logits: Tensor, proposal: Tensor, cell: Tensor
    ) -> dict[str, Tensor]:
        config = self.config
        batch, frames, depth, width = ops.shape(velocity)
        count = ops.shape(logits)[1]
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        proposed = ops.reshape(ops.sigmoid(logits), (batch, count, depth * width))
        overlap = _overlap(proposed)
        present = ops.logical_and(
            proposal >= config.proposal_score,
            _stronger(overlap) < config.duplicate_iou,
        )
        present = ops.logical_and(present, ops.max(proposed, axis=-1) >= 0.5)
        present = ops.cast(present, "float32")
        mask = proposed * present[..., None]
        train = unmix(flat, mask, config.ridge)
        features: list[Tensor] = []
        passes = []
        for step in range(config.refinements):
            logits, seen = self._refine(flat, mask, logits, train, cell, (depth, width))
            features = [seen]
            passes.append(logits)
            mask = ops.reshape(ops.sigmoid(logits), (batch, count, depth * width))
            mask = mask * present[..., None]
            train = unmix(flat, mask, config.ridge)
            if step + 1 < config.refinements and config.merge_correlation < 1:
                clean, _, _, _ = self._cleaned(flat, mask, train)
                mask, present = merged(mask, clean, present, config.merge_correlation)
                logits = ops.reshape(_logit(mask), (batch, count, depth, width))
                cell = _centroid(mask, width)
                train = unmix(flat, mask, config.ridge)
        clean, firing, feature, scale = self._cleaned(flat, mask, train)
        if config.refinements:
            features.append(feature)
            features.append(_circumstances(mask, train, scale, proposal))
            judged = ops.concatenate(features, axis=-1)
            for dense in self.judge:
                judged = dense(judged)
            score = judged[..., 0]
        else:
            score = _logit(proposal)
        return {
            "territory": ops.reshape(mask, (batch, count, depth, width)),
            "territory_logits": passes,
            "train": clean * scale * present[..., None],
            "firing_logits": firing,
            "score_logits": score,
            "present": present,
        }

    def _cleaned(
        self, flat: Tensor, mask: Tensor, train: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The signal regressor on unmixed trains (B, K, T).

        Returns:
            Clean trains and firing logits (B, K, T), features (B, K, F), and the scale (B, K, 1)
            that the trains are in.
        """
        batch, count, frames = ops.shape(train)
        scale = ops.sqrt(ops.mean(ops.square(train), axis=-1, keepdims=True) + 1e-6)
        courses = ops.stack([train, *self._surroundings(flat, mask)], axis=-1)
        courses = ops.reshape(courses / scale[..., None], (batch * count, frames, -1))
        clean, firing, feature = self.regressor(courses)
        clean, firing = (ops.reshape(one, (batch, count, frames)) for one in (clean, firing))
        return clean, firing, ops.reshape(feature, (batch, count, -1)), scale

    def _surroundings(self, flat: Tensor, mask: Tensor) -> list[Tensor]:
        """Courses that tell what the unmixed train may still contain: (B, K, T) each."""
        area = ops.sum(mask, axis=-1, keepdims=True) + 1e-3
        inside = ops.matmul(mask / area, ops.transpose(flat, (0, 2, 1)))
        others = ops.sum(mask, axis=1, keepdims=True) - mask
        shared = mask * ops.minimum(others, 1.0)
        weight = shared / (ops.sum(shared, axis=-1, keepdims=True) + 1e-3)
        beside = ops.matmul(weight, ops.transpose(flat, (0, 2, 1)))
        everywhere = ops.mean(flat, axis=-1)[:, None] + ops.zeros_like(inside)
        return [inside, beside, everywhere]

    def _refine(
        self,
        flat: Tensor,
        mask: Tensor,
        logits: Tensor,
        train: Tensor,
        cell: Tensor,
        shape: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Masks seen anew through the trains: (B, K, Z, X) logits and (B, K, F) features."""
        batch, count = ops.shape(mask)[:2]
        maps = regress_maps(flat, train, self.config.ridge)
        power = ops.sqrt(ops.mean(ops.square(flat), axis=1) + 1e-4)
        strength = ops.sqrt(ops.mean(ops.square(train), axis=-1) + 1e-6)
        together = ops.matmul(train, flat) / ops.cast(ops.shape(flat)[1], "float32")
        correlation = together / power[:, None] / strength[..., None]
        others = ops.sum(mask, axis=1, keepdims=True) - mask
        flat_logits = ops.reshape(logits, ops.shape(mask))
        seen = ops.stack(
            [
                ops.clip(maps, -3.0, 3.0),
                correlation,
                mask,
                ops.clip(flat_logits / 4.0, -2.0, 2.0),
                ops.minimum(others, 3.0),
            ],
            axis=2,
        )
        side = self.config.refiner_window
        rows = _selection(cell // shape[1], side, shape[0])
        columns = _selection(cell % shape[1], side, shape[1])
        seen = ops.reshape(seen, (batch, count, 5, *shape))
        window = _cut(rows[:, :, None], seen, columns[:, :, None])
        window = ops.reshape(window, (batch * count, 5, side, side))
        window = ops.transpose(window, (0, 2, 3, 1))
        for layer in self.refiner:
            window = layer(window)
        change = ops.reshape(self.refined(window), (batch, count, side, side))
        feature = ops.concatenate(
            [ops.mean(window, axis=(1, 2)), ops.max(window, axis=(1, 2))], axis=-1
        )
        # Outside its window a unit has no fibres: a logit of -10.
        here = _cut(rows, logits, columns) + change + 10.0
        back = [ops.transpose(pick, (0, 1, 3, 2)) for pick in (rows, columns)]
        return _cut(back[0], here, back[1]) - 10.0, ops.reshape(feature, (batch, count, -1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Signals":
        return cls(SignalConfig.from_dict(values.pop("config")), **values)


def merged(
    mask: Tensor, train: Tensor, present: Tensor, correlation: float
) -> tuple[Tensor, Tensor]:
    """Candidates with one train become one: they are the parts, or duplicates, of one unit.

    Firings of different units are at most partly synchronized, so their trains never correlate
    this much. Parts that lie beside each other are united; of duplicates the first stays.

    Args:
        mask: (B, K, P) float32 in [0, 1], the strongest candidate first.
        train: (B, K, T) float32, clean.
        present: (B, K) float32.
        correlation: above it two trains are one.

    Returns:
        (mask, present) after merging.
    """
    count = ops.shape(train)[1]
    alike = train_correlation(train) > correlation
    both = ops.logical_and(present[:, :, None] > 0, present[:, None, :] > 0)
    # follows[b, j, k]: candidate j goes into k, the first before it that has its train.
    follows = ops.tril(ops.cast(ops.logical_and(alike, both), "float32"), -1)
    first = ops.one_hot(ops.argmax(follows, axis=-1), count) * follows
    leads = 1.0 - ops.max(first, axis=-1)
    first = first * leads[:, None, :]
    beside = ops.cast(_overlap(mask) < 0.5, "float32")
    joined = ops.matmul(ops.transpose(first * beside, (0, 2, 1)), mask)
    present = present * (1.0 - ops.max(first, axis=-1))
    return ops.minimum(mask + joined, 1.0) * present[..., None], present


def best_of_its_train(train: Tensor, score: Tensor, correlation: float) -> Tensor:
    """(B, K) float32: 0 for units with the train of a unit that has a higher score, else 1.

    Args:
        train: (B, K, T) float32.
        score: (B, K) float32.
        correlation: above it two trains are one.
    """
    alike = train_correlation(train) > correlation
    better = score[:, None, :] > score[:, :, None]
    return 1.0 - ops.cast(ops.any(ops.logical_and(alike, better), axis=-1), "float32")


def train_correlation(train: Tensor) -> Tensor:
    """Pearson's correlation of all pairs of trains (B, K, T): (B, K, K)."""
    centred = train - ops.mean(train, axis=-1, keepdims=True)
    unit = centred / ops.sqrt(ops.sum(ops.square(centred), axis=-1, keepdims=True) + 1e-6)
    return ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))


def _centroid(mask: Tensor, width: Tensor) -> Tensor:
    """(B, K) int32: the pixel at the centre of mass of each mask (B, K, P)."""
    pixel = ops.arange(ops.shape(mask)[-1])
    place = ops.cast(ops.stack([pixel // width, pixel % width], axis=-1), "float32")
    mean = ops.matmul(mask, place) / (ops.sum(mask, axis=-1, keepdims=True) + 1e-3)
    row, column = (
        ops.cast(ops.round(mean[..., 0]), "int32"),
        ops.cast(ops.round(mean[..., 1]), "int32"),
    )
    return row * width + column


def _selection(centre: Tensor, side: int, size: Tensor) -> Tensor:
    """(B, K, side, size) one-hot rows that pick ``side`` pixels around each centre.

    As products with these, windows are cut and put back faster than by gathering; a row beyond
    the image is all zeros.
    """
    wanted = centre[..., None] + ops.arange(side) - side // 2
    return ops.cast(wanted[..., None] == ops.arange(size), "float32")


def _cut(rows: Tensor, images: Tensor, columns: Tensor) -> Tensor:
    return ops.matmul(ops.matmul(rows, images), ops.swapaxes(columns, -1, -2))


def _overlap(mask: Tensor) -> Tensor:
    """Soft intersection over union of all pairs: (B, K, K)."""
    together = ops.matmul(mask, ops.transpose(mask, (0, 2, 1)))
    area = ops.sum(mask, axis=-1)
    return together / (area[:, :, None] + area[:, None, :] - together + 1e-6)


def _stronger(overlap: Tensor) -> Tensor:
    """(B, K): the largest overlap with any candidate before it (they come highest first)."""
    before = ops.tril(ops.ones_like(overlap), -1)
    return ops.max(overlap * before, axis=-1)


def _circumstances(mask: Tensor, train: Tensor, scale: Tensor, proposal: Tensor) -> Tensor:
    """What else tells a unit from a duplicate or an artefact: (B, K, 6)."""
    overlap = _overlap(mask)
    overlap = overlap * ops.tril(ops.ones_like(overlap), -1)
    unit = train / scale / ops.sqrt(ops.cast(ops.shape(train)[-1], "float32"))
    alike = ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))
    alike = alike * ops.cast(overlap > 0.1, "float32")
    return ops.stack(
        [
            _logit(proposal),
            ops.max(overlap, axis=-1),
            ops.max(alike, axis=-1),
            ops.min(alike, axis=-1),
            ops.log(scale[..., 0]),
            ops.log(ops.sum(mask, axis=-1) / 64.0 + 1e-2),
        ],
        axis=-1,
    )


def _logit(probability: Tensor) -> Tensor:
    clipped = ops.clip(probability, 1e-4, 1 - 1e-4)
    return ops.log(clipped) - ops.log1p(-clipped)
