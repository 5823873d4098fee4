"""Parameters of how a muscle is seen again: where the probe lies, and how hard it works."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class RepetitionConfig(Config):
    """How far the repetitions of a series differ from its first recording.

    Every recording, the first too, has firings, common motion, scanner and noise of its own.
    """

    probe_shift: float = parameter(
        2.0, "how far the probe lies aside at most, and as far along the muscle", unit="mm",
        low=0.0, high=20.0, source="chosen: a probe put on again by its marks on the skin",
    )  # fmt: skip
    probe_tilt: float = parameter(
        5.0, "how far it is turned at most, in the image plane and out of it", unit="degrees",
        low=0.0, high=45.0, source="chosen",
    )  # fmt: skip
    gap: float = parameter(
        1.0, "how much deeper or less deep everything lies at most: gel between probe and skin",
        unit="mm", low=0.0, high=20.0, source="chosen",
    )  # fmt: skip
    press: float = parameter(
        0.03, "stretch in depth at most, by the probe's pressure; the area stays", low=0.0,
        high=0.3, source="chosen",
    )  # fmt: skip
    force_ratio: tuple[float, float] = parameter(
        (1.0, 2.0), "force over that of the first recording", low=0.05, high=20.0, source="chosen"
    )
    fibre_angle: float = parameter(
        5.0, "standard deviation of the angle between a unit's fibres and the muscle: as the plane "
        "moves along the muscle, units move aside", unit="degrees", low=0.0, high=45.0,
        source="chosen",
    )  # fmt: skip
