"""Agreement with a method that shares nothing with the network.

Which method: the one that did best on the stress suite (kmu/docs/evidence.md).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kmu.analysis.emg import agreement_by_chance
from kmu.baselines import BASELINES
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.match import match_units
from kmu.identification.coarse import Coarse
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

METHOD = "spatial_ica"
# Maps of the method are coarser than ours: less overlap than for a pair of truth and result.
LEAST_OVERLAP = 0.3
TOLERANCE_S = 0.020
# Longer recordings are compared in their first part: the method holds all of it in memory.
LONGEST_S = 30.0


@dataclass(frozen=True)
class UnitPair:
    """A unit that both methods found.

    Attributes:
        unit: its id in the result.
        overlap: intersection over union of the two territories.
        rate_of_agreement: of the firings within 20 ms, after one lag.
        by_chance: the best that the same firings reach when shifted in time.
    """

    unit: int
    overlap: float
    rate_of_agreement: float
    by_chance: float


@dataclass(frozen=True)
class Agreement:
    """Our units beside those of another method.

    Attributes:
        method: its name.
        seconds: of the recording that were compared.
        pairs: by territory, one to one.
        only_ours: ids of our units without a partner.
        only_theirs: how many of theirs have none.
    """

    method: str
    seconds: float
    pairs: tuple[UnitPair, ...]
    only_ours: tuple[int, ...]
    only_theirs: int

    @property
    def label(self) -> str:
        """The method's name for readers."""
        return self.method.replace("_", " ").replace("ica", "ICA")

    def summary(self) -> dict[str, Any]:
        """The same, fit for JSON, with ``firing_too``, pairs whose firings agree beyond chance."""
        both = sum(pair.rate_of_agreement > pair.by_chance for pair in self.pairs)
        pairs = [vars(pair) for pair in self.pairs]
        return {**vars(self), "pairs": pairs, "only_ours": list(self.only_ours), "firing_too": both}


def agree(coarse: Coarse, found: MotorUnits, method: str = METHOD) -> Agreement:
    """Runs another method on the recording and pairs its units with ours.

    Args:
        coarse: the recording at the model's rate.
        found: our units at that rate.
        method: one of ``kmu.baselines``, with its tuned settings.
    """
    frames = min(coarse.shape[0], round(LONGEST_S * coarse.frame_rate))
    seconds = frames / coarse.frame_rate
    recording = Recording(coarse.frames(0, frames), coarse.frame_rate, coarse.spacing)
    baseline = BASELINES[method]
    other = baseline.run(recording, baseline.tuned())
    ours = MotorUnits(
        territory=found.territory,
        twitch_train=found.twitch_train[:, :frames],
        firings=[times[times < seconds] for times in found.firings],
        score=found.score,
        frame_rate=found.frame_rate,
        spacing=found.spacing,
        ids=found.ids,
    )
    matching = match_units(ours, other, LEAST_OVERLAP)
    pairs = []
    for i, j, overlap in zip(matching.found, matching.truth, matching.iou, strict=True):
        mine, theirs = ours.firings[i], other.firings[j]
        pairs.append(
            UnitPair(
                int(ours.ids[i]),
                float(overlap),
                rate_of_agreement(mine, theirs, TOLERANCE_S).rate,
                agreement_by_chance(mine, theirs, seconds, TOLERANCE_S),
            )
        )
    alone = np.setdiff1d(np.arange(len(ours)), matching.found)
    return Agreement(
        method,
        seconds,
        tuple(sorted(pairs, key=lambda pair: pair.unit)),
        tuple(sorted(int(unit) for unit in ours.ids[alone])),
        len(other) - len(pairs),
    )
