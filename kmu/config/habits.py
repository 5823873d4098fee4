"""Parameters of what single units make of the common command: pauses, doublets, single firings.

All are off unless a family asks for them.
"""

from dataclasses import dataclass

from kmu.config.base import Config, parameter

_DOUBLETS = "148 029 human discharges of 24 subjects, ramps included"


@dataclass(frozen=True)
class HabitConfig(Config):
    """Which units fire in another way than the pool's rate alone would have them fire."""

    rate_scale: tuple[float, float] = parameter(
        (1.0, 1.0), "factor on all rates of a recording, kept within 3 to 30 Hz and below what "
        "fuses a unit's twitches to one", low=0.2, high=4.0,
        source="chosen: slow units fire at 4 Hz, fast ones at 30 Hz",
    )  # fmt: skip
    pausing_units: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that pause once", low=0.0, high=1.0, source="chosen"
    )
    pause_share: tuple[float, float] = parameter(
        (0.2, 0.6), "length of a pause over that of the recording", low=0.01, high=0.9,
        source="chosen",
    )  # fmt: skip
    late_units: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that start late, in the first 70 % of the recording", low=0.0,
        high=1.0, source="chosen",
    )  # fmt: skip
    stopping_units: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that stop early, in the last 70 % of the recording", low=0.0,
        high=1.0, source="chosen",
    )  # fmt: skip
    single_units: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that fire only once", low=0.0, high=1.0,
        source="fasciculations are single events: 2.4 per cm3 and minute in ALS; size chosen",
    )  # fmt: skip
    doublet_units: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that ever show doublets: low + (high - low) u^4 for an even u, "
        "so that most recordings have few", low=0.0, high=1.0,
        source=f"15.6 % of 976 units, 0 to 82 % of a subject's; {_DOUBLETS}",
    )  # fmt: skip
    doublet_share: tuple[float, float] = parameter(
        (0.04, 0.40), "share of such a unit's firings that a second one follows within 3 to 10 ms",
        low=0.0, high=1.0, source=f"3.4 % of all discharges follow within 10 ms; {_DOUBLETS}",
    )  # fmt: skip
    doublet_height: tuple[float, float] = parameter(
        (1.0, 1.0), "twitch of a firing that follows within 20 ms over that of a single one",
        low=0.0, high=3.0, source="chosen: a doublet's twitch is not twice a single one",
    )  # fmt: skip
