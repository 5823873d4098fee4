"""From proposed masks to units: unmixing, refined territories, clean trains, firings, scores."""

from typing import Any

import keras
from keras import layers, ops

from kmu.config import SignalConfig
from kmu.models.judging import circumstances, judge_layers, logit
from kmu.models.merging import merged, without_empty
from kmu.models.signal_regressor import SignalRegressor
from kmu.models.unmixing import regress_maps, unmix
from kmu.models.windows import centroid, cut, selection

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class Signals(keras.layers.Layer):
    """Everything that follows once masks are proposed.

    The trains of all candidates follow jointly from their masks (unmixing); the recording
    regressed on those trains shows each unit's territory anew, from which a small network
    refines its mask, more than once if asked. Between two refinements a sieve drops what is no
    unit, and candidates with the same clean train are merged: parts of one split territory, or
    duplicates. Unmixed again with the refined masks, each train is cleaned and its firings found
    by the signal regressor; a judge scores the unit from all that was seen of it.

    Args:
        config: thresholds and sizes.

    Call arguments:
        velocity: (B, T, Z, X) float32, normalised, on the model grid.
        logits: (B, K, Z, X) float32, the proposed masks.
        proposal: (B, K) float32 in [0, 1], the centre scores, highest first.
        cell: (B, K) int32, the pixel of each centre in the flattened (Z, X).
        present: (B, K) float32, 1 for candidates, 0 for what fills up their number.
        shorten: leave out the places that become empty in every recording of the batch; K is
            then smaller in the outputs.

    Returns:
        A dictionary of ``territory`` (B, K, Z, X) in [0, 1]; ``territory_logits``, a list of those
        of each refinement; ``first``, after the first refinement and before anything is dropped or
        merged: ``worth_logits`` and ``present`` (B, K), ``mask`` (B, K, Z*X) and clean ``train``
        (B, K, T), empty with fewer than two refinements; ``train`` (B, K, T) in the unit of the
        velocity; ``firing_logits`` (B, K, T); ``score_logits`` and ``proposal`` (B, K); ``present``
        (B, K) float32, 1 for candidates that were kept.
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
            self.sieve, self.judge = judge_layers(), judge_layers()

    def build(self, *_: Any) -> None:
        self.regressor.build((None, None, 4))
        if self.config.refinements:
            channels = 5
            for layer in self.refiner:
                layer.build((None, None, None, channels))
                channels = layer.filters
            self.refined.build((None, None, None, channels))
            features = 2 * channels + 2 * self.config.regressor_filters + 6
            for hidden, last in (self.sieve, self.judge):
                hidden.build((None, None, features))
                last.build((None, None, hidden.units))
        self.built = True

    def call(
        self,
        velocity: Tensor,
        logits: Tensor,
        proposal: Tensor,
        cell: Tensor,
        present: Tensor,
        shorten: bool = False,
    ) -> dict[str, Tensor]:
        config = self.config
        batch, frames, depth, width = ops.shape(velocity)
        count = ops.shape(logits)[1]
        flat = ops.reshape(velocity, (batch, frames, depth * width))
        proposed = ops.reshape(ops.sigmoid(logits), (batch, count, depth * width))
        mask = proposed * present[..., None]
        train = unmix(flat, mask, config.ridge)
        seen = None
        passes = []
        first: dict[str, Tensor] = {}
        for step in range(config.refinements):
            logits, seen = self._refine(flat, mask, logits, train, cell, (depth, width))
            passes.append(logits)
            mask = ops.reshape(ops.sigmoid(logits), (batch, count, depth * width))
            mask = mask * present[..., None]
            train = unmix(flat, mask, config.ridge)
            if step + 1 < config.refinements:
                # Fewer wrong candidates among which the next unmixing shares the motion.
                clean, _, feature, scale = self.cleaned(flat, mask, train)
                worth = self._judged(self.sieve, seen, feature, mask, train, scale, proposal)
                if not first:
                    first = {"worth_logits": worth, "mask": mask, "train": clean}
                    first["present"] = present
                kept = ops.sigmoid(worth) >= config.keep_score
                present = present * ops.cast(kept, "float32")
                mask, present = merged(mask, clean, present, config.merge_correlation)
                if shorten:
                    mask, proposal, present = without_empty(mask, proposal, present)
                    count = ops.shape(mask)[1]
                logits = ops.reshape(logit(mask), (batch, count, depth, width))
                cell = centroid(mask, width)
                train = unmix(flat, mask, config.ridge)
        clean, firing, feature, scale = self.cleaned(flat, mask, train)
        score = logit(proposal)
        if config.refinements:
            score = self._judged(self.judge, seen, feature, mask, train, scale, proposal)
        return {
            "territory": ops.reshape(mask, (batch, count, depth, width)),
            "territory_logits": passes,
            "train": clean * scale * present[..., None],
            "firing_logits": firing,
            "score_logits": score,
            "first": first,
            "proposal": proposal,
            "present": present,
        }

    def cleaned(
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

    def _judged(
        self,
        judge: list[Any],
        seen: Tensor,
        feature: Tensor,
        mask: Tensor,
        train: Tensor,
        scale: Tensor,
        proposal: Tensor,
    ) -> Tensor:
        """What ``judge`` says of each candidate, (B, K) logits, from all that was seen of it."""
        judged = ops.concatenate(
            [seen, feature, circumstances(mask, train, scale, proposal)], axis=-1
        )
        for dense in judge:
            judged = dense(judged)
        return judged[..., 0]

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
        rows = selection(cell // shape[1], side, shape[0])
        columns = selection(cell % shape[1], side, shape[1])
        seen = ops.reshape(seen, (batch, count, 5, *shape))
        window = cut(rows[:, :, None], seen, columns[:, :, None])
        window = ops.reshape(window, (batch * count, 5, side, side))
        window = ops.transpose(window, (0, 2, 3, 1))
        for layer in self.refiner:
            window = layer(window)
        change = ops.reshape(self.refined(window), (batch, count, side, side))
        feature = ops.concatenate(
            [ops.mean(window, axis=(1, 2)), ops.max(window, axis=(1, 2))], axis=-1
        )
        # Outside its window a unit has no fibres: a logit of -10.
        here = cut(rows, logits, columns) + change + 10.0
        back = [ops.transpose(pick, (0, 1, 3, 2)) for pick in (rows, columns)]
        return cut(back[0], here, back[1]) - 10.0, ops.reshape(feature, (batch, count, -1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Signals":
        return cls(SignalConfig.from_dict(values.pop("config")), **values)
