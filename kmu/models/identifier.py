"""The identifier: velocity in; territories, twitch trains, firings and scores out, one graph."""

from typing import Any

import keras
from keras import ops

from kmu.config import NetworkConfig
from kmu.models.grid import Grid, resample_space, resample_time, space_matrix
from kmu.models.local_correlation import LocalCorrelation
from kmu.models.merging import best_of_its_train, distinct, most_present
from kmu.models.second_look import Candidates, all_candidates, remainder
from kmu.models.segmenter import Segmenter, best_cells, mask_logits
from kmu.models.signals import Signals
from kmu.models.slow_fusion import SlowFusion

Tensor = Any


@keras.saving.register_keras_serializable("kmu")
class Identifier(keras.Model):
    """Finds the motor units of a recording.

    Args:
        config: the design.
        score_threshold: units scored at least this are valid; chosen on validation data.
        score_scale: the judge's logits are multiplied with this, and
        score_offset: this is added, so that scores are probabilities; fitted on validation data.
        firing_scale: the same for the logits of the firing probability: what a peak reaches is
            how likely a firing is there.
        firing_offset: added to them.

    Call arguments:
        inputs: a dictionary of ``velocity`` (B, T, Z, X) float32 mm/s, ``frame_rate`` (B,)
            float32 Hz and ``spacing`` (B, 2) float32 mm; rate and spacing equal in the batch.

    Returns:
        A dictionary on the recording's own grid and rate: ``territory`` (B, K, Z, X) in [0, 1],
        ``twitch_train`` (B, K, T) mm/s, ``firing_probability`` (B, K, T), ``score`` (B, K) in
        [0, 1], highest first, and ``valid`` (B, K) bool.
    """

    def __init__(
        self,
        config: NetworkConfig,
        score_threshold: float = 0.5,
        score_scale: float = 1.0,
        score_offset: float = 0.0,
        firing_scale: float = 1.0,
        firing_offset: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.config, self.score_threshold = config, score_threshold
        self.score_scale, self.score_offset = score_scale, score_offset
        self.firing_scale, self.firing_offset = firing_scale, firing_offset
        self.grid = Grid(config.grid)
        self.correlation = (
            LocalCorrelation(config.correlation_offsets) if config.local_correlation else None
        )
        self.slow_fusion = SlowFusion(config.fusion) if config.slow_fusion else None
        self.segmenter = Segmenter(config.segmenter)
        self.signals = Signals(config.signal)

    def build(self, *_: Any) -> None:
        fine = coarse = None
        if self.correlation is not None:
            fine = (None, None, None, self.correlation.channels)
        if self.slow_fusion is not None:
            self.slow_fusion.build((None, None, None, None))
            coarse = (None, None, None, 3 * self.config.fusion.filters[-1])
        self.segmenter.build(fine, coarse)
        self.signals.build()
        self.built = True

    def with_signal(self, **changes: Any) -> "Identifier":
        """The same weights with other values in ``config.signal``."""
        other = Identifier(self.config.replace(signal=self.config.signal.replace(**changes)))
        other.build()
        other.set_weights(self.get_weights())
        return other

    def maps(self, velocity: Tensor, training: bool = False) -> dict[str, Tensor]:
        """The segmenter's maps of normalised velocity (B, T, Z, X) on the model grid."""
        fine = None if self.correlation is None else self.correlation(velocity)
        coarse = None
        if self.slow_fusion is not None:
            coarse = self.slow_fusion(velocity, training=training)
        return self.segmenter(fine, coarse, training=training)

    def units(
        self, velocity: Tensor, maps: dict[str, Tensor], count: int, shorten: bool = False
    ) -> dict[str, Tensor]:
        """The best candidates of normalised velocity on the model grid.

        Args:
            velocity: (B, T, Z, X) float32.
            maps: of the segmenter.
            count: most candidates; with TensorFlow only as many as some recording has.
            shorten: with TensorFlow, also leave out those that are dropped on the way.

        Returns:
            What :class:`kmu.models.signals.Signals` returns; after a second look also
            ``first_look``, what it said after the first.
        """
        proposed = self._candidates(maps, count)
        shorten = shorten and keras.backend.backend() == "tensorflow"
        found = self.signals(velocity, *proposed, shorten=shorten)
        if not self.config.signal.second_look:
            return found
        names = ("territory", "train", "score_logits", "proposal", "present")
        first = {name: ops.stop_gradient(found[name]) for name in names}
        left, sure = remainder(velocity, first, self.config.signal.ridge)
        seen = {name: ops.stop_gradient(value) for name, value in self.maps(left).items()}
        iou = self.config.signal.duplicate_iou
        proposed = all_candidates(first, sure, self._candidates(seen, count // 2), iou)
        again = self.signals(velocity, *proposed, shorten=shorten)
        return {**again, "first_look": found}

    def _candidates(self, maps: dict[str, Tensor], count: int) -> Candidates:
        """The best of the segmenter's proposals: logits of masks, proposals, cells, presence."""
        slots, config = self.config.segmenter.slots, self.config.signal
        # Neighbouring cells and both slots propose the same unit: of twice as many proposals as
        # are kept, those that say the same go first.
        cell, proposal = best_cells(maps["centre"], 2 * count)
        looked_at = ops.cast(proposal >= config.proposal_score, "float32")
        open_sizes = keras.backend.backend() == "tensorflow"
        if open_sizes:
            # The highest come first.
            most = most_present(looked_at)
            cell, proposal, looked_at = cell[:, :most], proposal[:, :most], looked_at[:, :most]
            count = ops.minimum(count, most)
        mask = ops.sigmoid(mask_logits(maps, cell, slots))
        mask = ops.reshape(mask, (*ops.shape(cell), -1))
        present = distinct(mask, config.duplicate_iou) * looked_at
        _, kept = ops.top_k(proposal * present, count)
        if open_sizes:
            kept = kept[:, : most_present(present)]
        cell, proposal, present = (
            ops.take_along_axis(one, kept, axis=1) for one in (cell, proposal, present)
        )
        # Computed again for those that are kept: quicker than gathering whole masks.
        return mask_logits(maps, cell, slots), proposal, cell // slots, present

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        velocity = ops.cast(inputs["velocity"], "float32")
        frame_rate, spacing = inputs["frame_rate"], inputs["spacing"]
        normal, scale = self.grid(velocity, frame_rate, spacing)
        maps = self.maps(normal, training)
        most = self.config.segmenter.max_units
        units = self.units(normal, maps, most, shorten=True)
        score_logits = self.score_scale * units["score_logits"] + self.score_offset
        score = ops.sigmoid(score_logits) * units["present"]
        if self.config.signal.refinements:
            score = score * best_of_its_train(
                units["train"], score, self.config.signal.merge_correlation
            )
        order = ops.argsort(-score, axis=-1)[:, :most]
        score = ops.take_along_axis(score, order, axis=1)
        train = units["train"] * scale[:, None, None]
        firing = self._firing_probability(units["firing_logits"])
        courses = ops.concatenate([train, firing], axis=-1)
        courses = ops.take_along_axis(courses, order[..., None], axis=1)
        courses = self._own_rate(courses, ops.shape(velocity)[1], frame_rate[0])
        territory = ops.take_along_axis(units["territory"], order[..., None, None], axis=1)
        found = {
            "territory": self._own_grid(territory, ops.shape(velocity)[2:], spacing[0]),
            "twitch_train": courses[0],
            "firing_probability": ops.clip(courses[1], 0.0, 1.0),
            "score": score,
            "valid": score >= self.score_threshold,
        }
        return {name: _filled_up(value, most) for name, value in found.items()}

    def signals_of(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Trains and firings of units whose territories are known.

        A long recording that is cut in blocks gets trains without seams this way: one set of
        territories for all blocks.

        Args:
            inputs: as for a call, and ``territory`` (B, K, Z, X) in [0, 1] on the recording's
                own grid, K at least 1.

        Returns:
            ``twitch_train`` (B, K, T) mm/s and ``firing_probability`` (B, K, T).
        """
        velocity = ops.cast(inputs["velocity"], "float32")
        frame_rate, spacing = inputs["frame_rate"], inputs["spacing"]
        normal, scale = self.grid(velocity, frame_rate, spacing)
        batch, frames, *shape = ops.shape(normal)
        side = self.config.grid.spacing
        matrices = [
            space_matrix(ops.shape(velocity)[2 + axis], spacing[0, axis], shape[axis], side)
            for axis in (0, 1)
        ]
        territory = ops.clip(resample_space(inputs["territory"], *matrices), 0.0, 1.0)
        mask = ops.reshape(territory, (batch, ops.shape(territory)[1], shape[0] * shape[1]))
        flat = ops.reshape(normal, (batch, frames, shape[0] * shape[1]))
        train, firing, unit_scale = self.signals.known(flat, mask, (shape[0], shape[1]))
        train = train * unit_scale * scale[:, None, None]
        courses = ops.concatenate([train, self._firing_probability(firing)], axis=-1)
        own = self._own_rate(courses, ops.shape(velocity)[1], frame_rate[0])
        return {"twitch_train": own[0], "firing_probability": ops.clip(own[1], 0.0, 1.0)}

    def _firing_probability(self, logits: Tensor) -> Tensor:
        return ops.sigmoid(self.firing_scale * logits + self.firing_offset)

    def _own_rate(self, courses: Tensor, frames: Tensor, frame_rate: Tensor) -> list[Tensor]:
        """Trains and firings (B, K, 2 T'), side by side, at the recording's own rate."""
        batch, count, both = ops.shape(courses)
        halves = ops.reshape(courses, (batch, count * 2, both // 2))
        moved = resample_time(
            ops.transpose(halves, (0, 2, 1)), self.config.grid.frame_rate / frame_rate, frames
        )
        own = ops.reshape(ops.transpose(moved, (0, 2, 1)), (batch, count, 2, frames))
        return [own[:, :, 0], own[:, :, 1]]

    def _own_grid(self, territory: Tensor, shape: Any, spacing: Tensor) -> Tensor:
        matrices = [
            space_matrix(
                ops.shape(territory)[2 + axis], self.config.grid.spacing, shape[axis], spacing[axis]
            )
            for axis in (0, 1)
        ]
        return ops.clip(resample_space(territory, *matrices), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "config": self.config.to_dict(),
            "score_threshold": self.score_threshold,
            "score_scale": self.score_scale,
            "score_offset": self.score_offset,
            "firing_scale": self.firing_scale,
            "firing_offset": self.firing_offset,
        }

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> "Identifier":
        return cls(NetworkConfig.from_dict(values.pop("config")), **values)


def _filled_up(values: Tensor, count: int) -> Tensor:
    """Pads axis 1 with zeros to ``count``."""
    missing = [(0, 0)] * len(values.shape)
    missing[1] = (0, count - ops.shape(values)[1])
    padded = ops.pad(values, missing)
    return ops.reshape(padded, (*ops.shape(values)[:1], count, *ops.shape(values)[2:]))
