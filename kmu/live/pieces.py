"""What a stream gives back: pieces of trains and firings, and what it counted."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Piece:
    """What was decided on at one time.

    Attributes:
        ids: (K,) int64, what the units of this piece are called; a unit keeps its id for the whole
            stream.
        time: (n,) s, of each sample of the trains; 0 is the stream's first frame.
        twitch_train: (K, n) float32, mm/s, at the model's frame rate.
        firings: K float64 arrays of ascending times in s.
        bridged: (n,) bool, samples drawn over a jolt of the probe or over lost frames: no firing
            in there was seen.
        delay: s of recording from the first sample to the newest frame that had come.
        notes: what happened, a sentence each; nothing is passed over in silence.
    """

    ids: NDArray[np.int64]
    time: NDArray[np.float64]
    twitch_train: NDArray[np.float32]
    firings: list[NDArray[np.float64]]
    bridged: NDArray[np.bool_]
    delay: float
    notes: tuple[str, ...] = ()


@dataclass
class Counts:
    """What a stream met, in frames of the source unless said otherwise.

    Attributes:
        received: frames that came.
        used: of them, frames that were used.
        unusable: of them, frames with NaN or infinity, or of nothing but zeros.
        repeated: of them, frames whose number had come already.
        lost: numbers that never came.
        bridged: lost or unusable frames that were drawn over, because they were few.
        skipped: lost or unusable frames that were too many for that; there are no trains then.
        restarts: how often the stream began anew after such a gap.
        jolted: frames at the model's rate that were drawn over as jolts of the probe.
        decided: frames at the model's rate for which there are trains.
        firings: that were given.
        recalibrations: that succeeded.
    """

    received: int = 0
    used: int = 0
    unusable: int = 0
    repeated: int = 0
    lost: int = 0
    bridged: int = 0
    skipped: int = 0
    restarts: int = 0
    jolted: int = 0
    decided: int = 0
    firings: int = 0
    recalibrations: int = 0

    def sentence(self) -> str:
        """The counts that are not zero, in one sentence."""
        named = {
            "frames received": self.received,
            "lost": self.lost,
            "unusable (NaN or zeros)": self.unusable,
            "repeated": self.repeated,
            "bridged": self.bridged,
            "without trains": self.skipped,
            "restarts": self.restarts,
            "frames at the model's rate bridged as jolts": self.jolted,
            "firings": self.firings,
            "recalibrations": self.recalibrations,
        }
        return ", ".join(f"{value} {name}" for name, value in named.items() if value) or "nothing"


@dataclass
class Notes:
    """Sentences that wait for the next piece.

    Attributes:
        waiting: in the order in which they were said.
    """

    waiting: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Adds a sentence."""
        self.waiting.append(text)

    def taken(self) -> tuple[str, ...]:
        """All that wait; none do any more."""
        said, self.waiting = tuple(self.waiting), []
        return said
