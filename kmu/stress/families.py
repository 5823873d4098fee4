"""The families of the stress suite: each is the plain world with one thing changed."""

from typing import Any

from kmu.errors import InputError
from kmu.stress.world import World

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("nothing added", {}),
    "jolts": ("three jolts of the probe, 6 to 10 mm/s, 40 ms each", {"jolts": 3}),
    "few": ("one to three units", {"units": (1, 3)}),
    "shadow": ("ten times the noise over a third of the width", {"shadow": 10.0}),
    "noise": ("noise at -8 dB", {"snr": (-8.0, -8.0)}),
    "many": ("60 to 80 units", {"units": (60, 80), "apart": 1.25}),
    "fast": (
        "discharge at 14 to 26 Hz, contraction times of 22 to 40 ms",
        {"rate": (14.0, 26.0), "contraction_time": (22.0, 40.0)},
    ),
    "artery": ("an artery with a pulsing wall and flow", {"artery": True}),
    "tremor": ("tremor of the whole image at 8 to 12 Hz, as strong as the units", {"tremor": 1.0}),
    "echoes": ("echoes at rest that pull the estimate to zero in places", {"echoes": (6, 12)}),
    "slow": (
        "discharge at 4 to 8 Hz, contraction times of 85 to 120 ms",
        {"rate": (4.0, 8.0), "contraction_time": (85.0, 120.0)},
    ),
    "pauses": ("every unit is silent for half of 8 s, once", {"duration": 8.0, "pause": 0.5}),
    "ramp": ("force up and down in 12 s", {"duration": 12.0, "ramp": True}),
    "layers": (
        "fat above, 5 to 8 mm, bone below, 6 to 9 mm; fewer units in what is left",
        {"fat": (5.0, 8.0), "bone": (6.0, 9.0), "units": (5, 16)},
    ),
    "shallow": ("20 mm deep, half as many units", {"size": (20.0, 38.0), "units": (4, 13)}),
    "rate80": ("80 frames per second", {"frame_rate": 80.0}),
    "rate2000": ("2000 frames per second", {"frame_rate": 2000.0}),
    "probe_shift": ("the probe slips 1 mm aside half way", {"shift": 1.0}),
    "spread": (
        "lags within a territory, sub-additive mixing, noise and gain fixed in space",
        {"delay": 8.0, "saturation": 0.15, "fixed_pattern": 0.4},
    ),
    "linear": (
        "territory times train and white noise, nothing else",
        {
            "far_share": (0.0, 0.0),
            "thickening": 0.0,
            "drift": 0.0,
            "grain": 0.0,
            "noise_time": 0.0,
        },
    ),
    "rest_plain": ("no unit active", {"resting": True}),
    "rest_tremor": ("no unit active, tremor", {"resting": True, "tremor": 1.0}),
    "rest_jolts": ("no unit active, three jolts", {"resting": True, "jolts": 3}),
}
"""What a family is in words, and what it changes of :class:`kmu.stress.world.World`."""

RESTING = tuple(name for name, (_, changes) in FAMILIES.items() if changes.get("resting"))
"""The families without any active unit."""


def world_of(name: str) -> World:
    """The parameters of a family.

    Raises:
        InputError: if there is no such family.
    """
    if name not in FAMILIES:
        raise InputError(f"no stress family {name!r}; choose from {', '.join(FAMILIES)}")
    return World(**FAMILIES[name][1])
