"""From proposed masks to units: unmixing, refined territories, clean trains, firings, scores."""

from typing import Any

import keras
from keras import ops

from kmu.config import SignalConfig
from kmu.models.judging import circumstances, judge_layers, logit
from kmu.models.merging import merged, without_empty
from kmu.models.peeling import left_of_units
from kmu.models.regression import regressed
from kmu.models.signal_regressor import SignalRegressor
from kmu.models.territory_refiner import TerritoryRefiner
from kmu.models.unmixing import unmix
from kmu.models.windows import centroid, cut, selection

Tensor = Any


def count_courses(config: SignalConfig) -> int:
    """Courses that the signal regressor sees of each unit, see :meth:`Signals.cleaned`."""
    return 6 if config.peel_off else 4


@keras.saving.register_keras_serializable("kmu")
class Signals(keras.layers.Layer):
    """Everything that follows once masks are proposed.

    The trains of all candidates follow jointly from their masks (unmixing); the recording
    regressed on those trains shows each unit's territory anew, from which a small network
    refines its mask, and says with what weights its pixels are best unmixed, which is not the
    same: a territory is right when its outline is, weights when they keep the neighbours out.
    Unmixed again with those weights, each train is cleaned and its firings found by the signal
    regressor. Both are repeated: the clean trains, which hold far less of the others than unmixed
    ones, show the territories better. Before each repetition a sieve drops what is no unit, and
    candidates with the same clean train are merged: parts of one split territory, or duplicates.
    A judge scores the unit from all that was seen of it.

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
        A dictionary of ``territory`` (B, K, Z, X) in [0, 1]; ``weight`` (B, K, Z*X), what the
        trains were unmixed with; ``territory_logits``, a list of those of each refinement;
        ``first``, after the first refinement and before anything is dropped or merged:
        ``worth_logits`` and ``present`` (B, K), ``mask`` (B, K, Z*X), clean ``train`` (B, K, T) and
        its ``scale``, empty with fewer than two refinements; ``train`` (B, K, T) in the unit of the
        velocity; ``firing_logits`` (B, K, T); ``score_logits`` and ``proposal`` (B, K); ``present``
        (B, K) float32, 1 for candidates that were kept.
    """

    def __init__(self, config: SignalConfig, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.config = config
        self.regressor = SignalRegressor(config.regressor_filters, config.regressor_dilations)
        if config.refinements:
            self.refiner = TerritoryRefiner(config.refiner_filters)
            self.sieve, self.judge = judge_layers(), judge_layers()

    def build(self, *_: Any) -> None:
        self.regressor.build((None, None, count_courses(self.config)))
        if self.config.refinements:
            self.refiner.build()
            features = 2 * self.config.refiner_filters + 2 * self.config.regressor_filters + 6
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
        mask = weight = proposed * present[..., None]
        seen = None
        passes = []
        first: dict[str, Tensor] = {}
        before = None
        if config.refinements:
            train = unmix(flat, mask, config.ridge)
        for step in range(config.refinements):
            logits, extra, seen = self._refine(flat, mask, logits, train, cell, (depth, width))
            passes.append(logits)
            mask = ops.reshape(ops.sigmoid(logits), (batch, count, depth * width))
            # Each refinement learns from where the one before stands; territories learn from true
            # ones alone, the weights from the trains that they give.
            mask = ops.stop_gradient(mask * present[..., None])
            weight = mask + extra * present[..., None]
            if step + 1 < config.refinements:
                # Fewer wrong candidates among which the next unmixing shares the motion.
                clean, _, feature, scale = self.cleaned(flat, mask, weight, before)
                worth = self._judged(self.sieve, seen, feature, mask, clean, scale, proposal)
                if not first:
                    first = {"worth_logits": worth, "mask": mask, "train": clean, "scale": scale}
                    first["present"] = present
                kept = ops.sigmoid(worth) >= config.keep_score
                present = present * ops.cast(kept, "float32")
                mask, present = merged(
                    mask, clean, scale[..., 0], present, config.merge_correlation
                )
                before = train = ops.stop_gradient(clean * scale) * present[..., None]
                if shorten:
                    mask, train, proposal, present = without_empty(mask, train, proposal, present)
                    before = train
                    count = ops.shape(mask)[1]
                logits = ops.reshape(logit(mask), (batch, count, depth, width))
                cell = centroid(mask, width)
        clean, firing, feature, scale = self.cleaned(flat, mask, weight, before)
        score = logit(proposal)
        if config.refinements:
            score = self._judged(self.judge, seen, feature, mask, clean, scale, proposal)
        return {
            "territory": ops.reshape(mask, (batch, count, depth, width)),
            "weight": weight,
            "territory_logits": passes,
            "train": clean * scale * present[..., None],
            "firing_logits": firing,
            "score_logits": score,
            "first": first,
            "proposal": proposal,
            "present": present,
        }

    def known(
        self, flat: Tensor, mask: Tensor, shape: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Clean trains and firing logits (B, K, T), and the trains' scale, of known territories.

        Args:
            flat: (B, T, Z*X) float32, normalised velocity.
            mask: (B, K, Z*X) float32, the territories; all zeros for what is no unit.
            shape: (Z, X).
        """
        weight, before = self.unmixing_weights(flat, mask, shape)
        clean, firing, _, scale = self.cleaned(flat, mask, weight, before)
        return clean, firing, scale

    def unmixing_weights(
        self, flat: Tensor, mask: Tensor, shape: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor | None]:
        """Weights (B, K, Z*X) that units whose territories are known are best unmixed with.

        Args:
            flat: (B, T, Z*X) float32, normalised velocity.
            mask: (B, K, Z*X) float32, the territories; all zeros for what is no unit.
            shape: (Z, X).

        Returns:
            The weights, and the clean trains (B, K, T) that showed them, None without refinement.
        """
        if not self.config.refinements:
            return mask, None
        clean, _, _, scale = self.cleaned(flat, mask, mask)
        present = ops.cast(ops.max(mask, axis=-1, keepdims=True) > 0, "float32")
        train = clean * scale * present
        logits = ops.reshape(logit(mask), (*ops.shape(mask)[:2], *shape))
        cell = centroid(mask, shape[1])
        _, extra, _ = self._refine(flat, mask, logits, train, cell, shape)
        return mask + extra * present, train

    def cleaned(
        self, flat: Tensor, mask: Tensor, weight: Tensor, before: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Trains of units with masks (B, K, Z*X), unmixed with weights, through the regressor.

        Args:
            flat: (B, T, Z*X) float32, normalised velocity.
            mask: (B, K, Z*X) float32, the territories.
            weight: (B, K, Z*X) float32, what they are unmixed with.
            before: (B, K, T) float32, the trains as they were cleaned before, if they were.

        Returns:
            Clean trains and firing logits (B, K, T), features (B, K, F), and the scale (B, K, 1)
            that the trains are in.
        """
        batch, count, _ = ops.shape(mask)
        frames = ops.shape(flat)[1]
        train = unmix(flat, weight, self.config.ridge)
        scale = ops.sqrt(ops.mean(ops.square(train), axis=-1, keepdims=True) + 1e-6)
        # What the unmixed train may still contain: the mean motion in the territory, in the part
        # that it shares with others, and everywhere.
        others = ops.sum(mask, axis=1, keepdims=True) - mask
        shared = mask * ops.minimum(others, 1.0)
        pixels = ops.transpose(flat, (0, 2, 1))
        inside, beside = (
            ops.matmul(part, pixels) / (ops.sum(part, axis=-1, keepdims=True) + 1e-3)
            for part in (mask, shared)
        )
        everywhere = ops.mean(flat, axis=-1)[:, None] + ops.zeros_like(inside)
        seen = [train, inside, beside, everywhere]
        if self.config.peel_off:
            known = left = ops.zeros_like(train)  # nothing was cleaned yet
            if before is not None:
                known, left = before, left_of_units(flat, mask, before, self.config.ridge)
            seen += [known, left]
        courses = ops.stack(seen, axis=-1)
        # With -1 for the number of courses, Keras would compile the convolution by XLA for every
        # new shape.
        courses = ops.reshape(courses / scale[..., None], (batch * count, frames, len(seen)))
        clean, firing, feature = self.regressor(courses)
        clean, firing = (ops.reshape(one, (batch, count, frames)) for one in (clean, firing))
        return clean, firing, ops.reshape(feature, (batch, count, -1)), scale

    def _judged(
        self,
        judge: list[Any],
        seen: Tensor,
        feature: Tensor,
        mask: Tensor,
        clean: Tensor,
        scale: Tensor,
        proposal: Tensor,
    ) -> Tensor:
        """What ``judge`` says of each candidate, (B, K) logits, from all that was seen of it."""
        around = ops.stop_gradient(circumstances(mask, clean, scale, proposal))
        judged = ops.concatenate([seen, feature, around], axis=-1)
        for dense in judge:
            judged = dense(judged)
        return judged[..., 0]

    def _refine(
        self,
        flat: Tensor,
        mask: Tensor,
        logits: Tensor,
        train: Tensor,
        cell: Tensor,
        shape: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Masks seen anew through the trains.

        Returns:
            (B, K, Z, X) logits of the masks; (B, K, Z*X), what is added to the masks themselves
            for the weights of unmixing; (B, K, F) features.
        """
        batch, count = ops.shape(mask)[:2]
        side = self.config.refiner_window
        rows = selection(cell // shape[1], side, shape[0])
        columns = selection(cell % shape[1], side, shape[1])
        window, before = regressed(flat, mask, logits, train, (rows, columns), self.config.ridge)
        change, feature = self.refiner(window)
        change = ops.reshape(change, (batch, count, 2, side, side))
        # Outside its window a unit has no fibres: a logit of -10.
        here = before + change[:, :, 0] + 10.0
        back = [ops.transpose(pick, (0, 1, 3, 2))[:, :, None] for pick in (rows, columns)]
        both = cut(back[0], ops.stack([here, change[:, :, 1]], axis=2), back[1])
        extra = ops.reshape(both[:, :, 1], ops.shape(mask))
        return both[:, :, 0] - 10.0, extra, ops.reshape(feature, (batch, count, -1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "config": self.config.to_dict()}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Signals":
        return cls(SignalConfig.from_dict(values.pop("config")), **values)
