"""Everything that describes a simulated recording, and the presets (families) of it."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

from kmu.config.base import Config, parameter
from kmu.config.disturbance import DisturbanceConfig
from kmu.config.habits import HabitConfig
from kmu.config.muscle import PoolConfig, TerritoryConfig, TissueConfig, TwitchConfig
from kmu.config.scanner import ScannerConfig
from kmu.errors import InputError


@dataclass(frozen=True)
class SimulationConfig(Config):
    """A family of recordings; a seed picks one of it.

    The sections ``pool``, ``habits``, ``twitch``, ``territory``, ``tissue``, ``disturbance``
    and ``scanner`` hold the rest.
    """

    family: str = parameter("custom", "name of the family")
    units: tuple[int, int] = parameter(
        (5, 15), "fewest and most active units in the field of view; unused if force is given",
        low=0, high=500,
    )  # fmt: skip
    unit_choices: tuple[tuple[int, int], ...] = parameter(
        (), "ranges of numbers of units, one of which a recording gets instead; empty: units"
    )
    rest_share: float = parameter(
        0.0, "share of recordings in which no unit is active", low=0.0, high=1.0
    )
    force: float = parameter(
        0.0, "contraction force in % of maximum, which decides how many units are active; "
        "0: decide by units", unit="% MVC", low=0.0, high=100.0,
    )  # fmt: skip
    profile: tuple[tuple[float, float], ...] = parameter(
        (), "ramps and holds: points of (time in s, share of the force), straight in between; "
        "empty: one long hold",
    )  # fmt: skip
    ramp_share: float = parameter(
        0.0, "share of recordings that start with a ramp, if there is no profile", low=0.0,
        high=1.0,
    )  # fmt: skip
    mixture: tuple[str, ...] = parameter(
        (),
        "presets, one of which gives a recording its number of units and what else it "
        "changes about muscle and scanner",
    )
    durations: tuple[float, float] = parameter(
        (0.0, 0.0), "range from which duration is drawn; zeros: duration", unit="s", low=0.0,
        high=600.0,
    )  # fmt: skip
    depths: tuple[float, float] = parameter(
        (0.0, 0.0), "range from which the image's depth is drawn; zeros: depth_pixels", unit="mm",
        low=0.0, high=200.0,
    )  # fmt: skip
    duration: float = parameter(2.0, "length", unit="s", low=0.1, high=600.0)
    frame_rate: float = parameter(
        100.0, "frames per second of the velocity", unit="Hz", low=20.0, high=5000.0
    )
    depth_pixels: int = parameter(64, "pixels in depth", low=8, high=2048)
    lateral_pixels: int = parameter(64, "pixels across", low=8, high=2048)
    spacing: tuple[float, float] = parameter(
        (0.625, 0.625), "pixel size in depth and across", unit="mm", low=0.05, high=3.0
    )
    pool: PoolConfig = field(default_factory=PoolConfig)
    habits: HabitConfig = field(default_factory=HabitConfig)
    twitch: TwitchConfig = field(default_factory=TwitchConfig)
    territory: TerritoryConfig = field(default_factory=TerritoryConfig)
    tissue: TissueConfig = field(default_factory=TissueConfig)
    disturbance: DisturbanceConfig = field(default_factory=DisturbanceConfig)
    scanner: ScannerConfig = field(default_factory=ScannerConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.units[0] > self.units[1]:
            raise InputError(f"SimulationConfig.units is {self.units}: fewest must not exceed most")
        for point in self.profile:
            if len(point) != 2 or not 0 <= point[1] <= 1:
                raise InputError(
                    f"SimulationConfig.profile has the point {point}; "
                    "give (time in s, share of the force from 0 to 1)"
                )
        if [time for time, _ in self.profile] != sorted(time for time, _ in self.profile):
            raise InputError("SimulationConfig.profile must have its times in ascending order")
        if self.duration * self.frame_rate < 10:
            raise InputError(
                f"{self.duration:g} s at {self.frame_rate:g} Hz are fewer than 10 frames; "
                "simulate a longer recording"
            )

    def override(self, **values: Any) -> Self:
        """A copy with fields changed, each named alone, whichever section holds it.

        Example:
            >>> SimulationConfig().override(duration=3.0, snr=(20.0, 20.0)).scanner.snr
            (20.0, 20.0)

        Raises:
            InputError: if no section has such a field, or a value is outside its range.
        """
        top = {item.name for item in dataclasses.fields(self)}
        sections = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if isinstance(getattr(self, item.name), Config)
        }
        changes: dict[str, Any] = {}
        for name, value in values.items():
            owners = [s for s, c in sections.items() if name in c.__dataclass_fields__]
            assert len(owners) + (name in top) < 2, f"{name!r} stands in more than one section"
            if name in top:
                changes[name] = value
                continue
            if not owners:
                raise InputError(f"the simulation has no parameter {name!r}")
            owner = owners[0]
            changes[owner] = changes.get(owner, sections[owner]).replace(**{name: value})
        return self.replace(**changes)


_BASE = SimulationConfig()

# The world that linear separation assumes, and that published pipelines were trained in: every
# unit one map times one train of equal twitches, plus white noise.
_LINEAR = {
    "spread": (0.0, 0.0),
    "bulge": (0.0, 0.0),
    "outside_muscle": (1.0, 1.0),
    "firing_delay": (0.0, 0.0),
    "wave_slowness": (0.0, 0.0),
    "stiffening": (0.0, 0.0),
    "drift": (0.0, 0.0),
    "pulse": (0.0, 0.0),
    "tremor": (0.0, 0.0),
    "shape_change": (0.0, 0.0),
    "variability": (0.0, 0.0),
    "fusion_loss": (0.0, 0.0),
    "doublets": (0.0, 0.0),
    "speckle_gain": (0.0, 0.0),
    "speckle_looks": (0.0, 0.0),
    "white_noise": (1.0, 1.0),
    "averaging_depth": 0.0,
    "beam_width": (0.0, 0.0),
}

SIMULATION_PRESETS: dict[str, SimulationConfig] = {
    "tiny": _BASE.override(
        family="tiny", units=(2, 4), duration=1.0, depth_pixels=32, lateral_pixels=32
    ),
    "low_force": _BASE.override(family="low_force", units=(5, 15)),
    "moderate": _BASE.override(family="moderate", units=(16, 30)),
    "dense": _BASE.override(family="dense", units=(31, 60)),
    "paper": _BASE.override(family="paper", units=(5, 30), **_LINEAR),
    "speckle": _BASE.override(
        family="speckle",
        units=(5, 30),
        level="speckle",
        depth_pixels=66,
        lateral_pixels=64,
        spacing=(0.6, 0.6),
    ),
    "mixed": _BASE.override(
        family="mixed",
        mixture=("low_force", "moderate", "dense") * 5 + ("paper",) * 2 + ("speckle",),
        durations=(1.0, 4.0),
        depths=(20.0, 40.0),
        ramp_share=0.2,
        snr=(0.0, 30.0),
        iq_snr=(8.0, 25.0),
        high_pass=(0.0, 5.0),
        interval_variation=(0.05, 0.40),
        inverted=(0.0, 0.2),
        contraction_scale=(0.5, 1.2),
        plain=(0.0, 1.0),
        scale=(0.7, 1.8),
        spread=(0.05, 1.0),
        averaging_depth=1.0,
    ),
    "lab": _BASE.override(
        family="lab",
        unit_choices=((1, 4),) * 3 + ((5, 15),) * 3 + ((16, 30),) * 2 + ((31, 60), (61, 100)),
        rest_share=0.06,
        pool_size=180,
        durations=(1.0, 4.0),
        depths=(20.0, 40.0),
        ramp_share=0.25,
        snr=(-10.0, 30.0),
        high_pass=(0.0, 5.0),
        interval_variation=(0.05, 0.40),
        doublets=(0.0, 0.0),
        rate_scale=(0.3, 2.2),
        rate_spread=2.0,
        pausing_units=(0.0, 0.5),
        late_units=(0.0, 0.3),
        stopping_units=(0.0, 0.3),
        single_units=(0.0, 0.15),
        doublet_units=(0.0, 0.82),
        doublet_height=(0.3, 1.4),
        inverted=(0.0, 0.2),
        contraction_scale=(0.4, 1.45),
        plain=(0.0, 1.0),
        scale=(0.7, 1.8),
        least_seen=0.5,
        spread=(0.05, 1.0),
        bulge=(0.0, 0.8),
        far_field=(0.0, 1.0),
        resting_top=(0.0, 6.0),
        resting_bottom=(0.0, 6.0),
        presence=0.3,
        image_tremor=(0.0, 1.5),
        arteries=0.25,
        jolts=(0, 3),
        probe_shift=(0.0, 1.0),
        shadow_width=(0.0, 0.4),
        shadow_noise=(3.0, 12.0),
        echo_share=(0.0, 0.3),
    ),
}
"""Families of recordings by name.

``tiny`` is for tests; ``low_force``, ``moderate`` and ``dense`` differ in the number of units;
``paper`` is linear and of rank one; ``speckle`` goes through IQ frames; ``mixed`` randomizes all;
``lab`` adds what labs have: few units or a hundred or none, pauses, doublets, far elastic fields,
arteries with flow, jolts, tremor of the whole image, shadows, echoes at rest.
"""
