"""Everything that describes a simulated recording, and the presets (families) of it."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

from kmu.config.base import Config, parameter
from kmu.config.muscle import PoolConfig, TerritoryConfig, TissueConfig, TwitchConfig
from kmu.config.scanner import ScannerConfig
from kmu.errors import InputError


@dataclass(frozen=True)
class SimulationConfig(Config):
    """A family of recordings; a seed picks one of it.

    The sections ``pool``, ``twitch``, ``territory``, ``tissue`` and ``scanner`` hold the rest.
    """

    family: str = parameter("custom", "name of the family")
    units: tuple[int, int] = parameter(
        (5, 15), "fewest and most active units in the field of view; unused if force is given",
        low=0, high=500,
    )  # fmt: skip
    force: float = parameter(
        0.0, "contraction force in % of maximum, which decides how many units are active; "
        "0: decide by units", unit="% MVC", low=0.0, high=100.0,
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
    twitch: TwitchConfig = field(default_factory=TwitchConfig)
    territory: TerritoryConfig = field(default_factory=TerritoryConfig)
    tissue: TissueConfig = field(default_factory=TissueConfig)
    scanner: ScannerConfig = field(default_factory=ScannerConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.units[0] > self.units[1]:
            raise InputError(f"SimulationConfig.units is {self.units}: fewest must not exceed most")

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
            if name in top:
                changes[name] = value
                continue
            owners = [s for s, c in sections.items() if name in c.__dataclass_fields__]
            if not owners:
                raise InputError(f"the simulation has no parameter {name!r}")
            owner = owners[0]
            changes[owner] = changes.get(owner, sections[owner]).replace(**{name: value})
        return self.replace(**changes)


_BASE = SimulationConfig()

SIMULATION_PRESETS: dict[str, SimulationConfig] = {
    "tiny": _BASE.override(
        family="tiny",
        units=(2, 4),
        duration=1.0,
        depth_pixels=32,
        lateral_pixels=32,
    ),
    "low_force": _BASE.override(family="low_force", units=(5, 15)),
    "moderate": _BASE.override(family="moderate", units=(16, 30)),
    "dense": _BASE.override(family="dense", units=(31, 60)),
}
"""Families of recordings by name, from a few units in one second to sixty in two."""
