"""Parameters of what a lab adds to a recording that is no motor unit: all off unless asked for."""

from dataclasses import dataclass

import numpy as np

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class DisturbanceConfig(Config):
    """Motion of the probe and the limb, arteries with flow, shadows, echoes at rest."""

    presence: float = parameter(
        1.0, "share of recordings that have each of tremor, jolts, sliding, shadow and echoes; the "
        "others have the low end of its range", low=0.0, high=1.0, source="chosen",
    )  # fmt: skip
    image_tremor: tuple[float, float] = parameter(
        (0.0, 0.0), "tremor at 8 to 12 Hz of the whole image, root mean square velocity over that "
        "of the units", low=0.0, high=10.0, source="physiological tremor, 8 to 12 Hz; size chosen",
    )  # fmt: skip
    arteries: float = parameter(
        0.0, "share of recordings with an artery in the field of view, whose blood flows",
        low=0.0, high=1.0, source="arterial pulsation, named by velBSS's authors; share chosen",
    )  # fmt: skip
    artery_radius: tuple[float, float] = parameter(
        (0.8, 2.5), "radius of its lumen", unit="mm", low=0.2, high=10.0,
        source="chosen: arteries of the upper arm and the leg",
    )  # fmt: skip
    artery_flow: tuple[float, float] = parameter(
        (1.0, 6.0), "root mean square of the pulsating velocity in mid-lumen over that "
        "of the units", low=0.0, high=100.0,
        source="chosen: what a beam across the vessel and the wall filter leave",
    )  # fmt: skip
    heart_rate: tuple[float, float] = parameter(
        (0.9, 1.7), "beats of the flow per second", unit="Hz", low=0.5, high=3.5,
        source="54 to 102 beats a minute",
    )  # fmt: skip
    jolts: tuple[int, int] = parameter(
        (0, 0), "fewest and most jolts of the probe in a recording", low=0, high=100,
        source="chosen",
    )  # fmt: skip
    jolt_velocity: tuple[float, float] = parameter(
        (6.0, 10.0), "peak velocity of a jolt, the same everywhere", unit="mm/s", low=0.0,
        high=100.0, source="chosen: 6 to 10 mm/s, many times the units' velocity",
    )  # fmt: skip
    jolt_length: float = parameter(
        0.040, "length of a jolt", unit="s", low=0.005, high=1.0, source="chosen"
    )
    probe_shift: tuple[float, float] = parameter(
        (0.0, 0.0), "how far the probe slides sideways over the recording; the truth stands "
        "where it is half way (fast level)", unit="mm", low=0.0, high=10.0,
        source="chosen: hand-held probes; a millimetre within seconds",
    )  # fmt: skip
    shadow_width: tuple[float, float] = parameter(
        (0.0, 0.0), "share of the columns that lie in one shadow of poor coupling (fast level)",
        low=0.0, high=0.9, source="chosen",
    )  # fmt: skip
    shadow_noise: tuple[float, float] = parameter(
        (10.0, 10.0), "noise in a shadow over that beside it, in amplitude", low=1.0, high=1000.0,
        source="chosen",
    )  # fmt: skip
    echo_share: tuple[float, float] = parameter(
        (0.0, 0.0), "share of the image where echoes at rest lie over the tissue's (fast level)",
        low=0.0, high=0.9, source="chosen: reverberation and side lobes of fasciae",
    )  # fmt: skip
    echo_pull: tuple[float, float] = parameter(
        (0.3, 1.0), "how far such echoes pull the estimate towards zero", low=0.0, high=1.0,
        source="phases of two echoes average by their power; size chosen",
    )  # fmt: skip

    def draw(self, name: str, rng: np.random.Generator) -> float:
        """A value of a range in the recordings that have it, else the range's low end."""
        low, high = getattr(self, name)
        there, value = rng.uniform() < self.presence, rng.uniform(low, high)
        return float(value) if there else float(low)
