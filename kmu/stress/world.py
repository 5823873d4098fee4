"""The parameters of a stress recording."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter

_OWN = "chosen"


@dataclass(frozen=True)
class World(Config):
    """One muscle, one scanner, and what is wrong with them. Pairs are ranges, drawn uniformly."""

    duration: float = parameter(2.0, "length", unit="s", low=0.2, high=60, source=_OWN)
    frame_rate: float = parameter(
        250.0, "frames per second", unit="Hz", low=40, high=5000, source=_OWN
    )
    size: tuple[float, float] = parameter(
        (40.0, 38.0),
        "depth and width of the image",
        unit="mm",
        low=5,
        high=80,
        source="40 mm x 40 mm in Rohlen et al. 2020, less the margins of a 38 mm probe",
    )
    spacing: tuple[float, float] = parameter(
        (0.5, 0.59375), "pixel in depth and across", unit="mm", low=0.1, high=2, source=_OWN
    )
    # units
    units: tuple[int, int] = parameter((8, 26), "active units", low=1, high=200, source=_OWN)
    resting: bool = parameter(False, "leave the units out, noise stays as it would be", source=_OWN)
    rate: tuple[float, float] = parameter(
        (8.0, 16.0),
        "mean discharge rate of a unit",
        unit="Hz",
        low=1,
        high=60,
        source="8 to 16 Hz at low force, BioMed Eng OnLine 2023, s12938-023-01076-0",
    )
    irregularity: tuple[float, float] = parameter(
        (0.08, 0.25),
        "standard deviation of the logarithm of an interval",
        low=0,
        high=1,
        source="coefficients of variation of 10 to 30 %, Moritz et al. 2005",
    )
    common_drive: float = parameter(
        0.06,
        "standard deviation of the drive that all units share, slower than 3 Hz",
        low=0,
        high=1,
        source="common drive, De Luca et al. 1982; size chosen",
    )
    contraction_time: tuple[float, float] = parameter(
        (45.0, 90.0),
        "time to the peak of a twitch's displacement",
        unit="ms",
        low=5,
        high=300,
        source="50 to 90 ms, Raikova et al. 2007; lower edge chosen",
    )
    speed: tuple[float, float] = parameter(
        (0.6, 2.4), "peak velocity of a twitch, drawn in logarithms", unit="mm/s", source=_OWN
    )
    twitch_variation: float = parameter(
        0.06, "standard deviation of a twitch's size from firing to firing", source=_OWN
    )
    pause: float = parameter(
        0.0, "share of the recording in which each unit is silent, once", low=0, high=0.9
    )
    ramp: bool = parameter(False, "force rises and falls in a triangle, units are recruited")
    # tissue
    diameter: tuple[float, float] = parameter(
        (3.6, 7.2),
        "diameter of a disc with the territory's area",
        unit="mm",
        low=0.5,
        high=30,
        source="22 +- 10 mm2, MU-MRI, PMC7208543",
    )
    elongation: tuple[float, float] = parameter(
        (1.0, 2.2), "longest over shortest half axis", low=1, high=5, source="MU-MRI, PMC7208543"
    )
    apart: float = parameter(1.5, "least distance of two centres", unit="mm", low=0, source=_OWN)
    far_share: tuple[float, float] = parameter(
        (0.15, 0.4), "share of a unit's motion that its surroundings take part in", source=_OWN
    )
    far_reach: tuple[float, float] = parameter(
        (3.0, 6.0), "distance at which that share has halved", unit="mm", source=_OWN
    )
    thickening: float = parameter(
        0.25, "largest part that is antisymmetric in depth, of either sign", source=_OWN
    )
    delay: float = parameter(
        0.0, "lag from one end of a territory to the other", unit="ms", low=0, high=50
    )
    saturation: float = parameter(
        0.0, "how much less tissue moves that is displaced already, per spread of displacement"
    )
    fat: tuple[float, float] = parameter(
        (0.0, 0.0), "thickness of a layer that rests above the muscle", unit="mm", low=0
    )
    bone: tuple[float, float] = parameter(
        (0.0, 0.0), "thickness of the part below the muscle that only echoes", unit="mm", low=0
    )
    # other motion
    drift: float = parameter(0.15, "slow motion of everything, peak", unit="mm/s", source=_OWN)
    jolts: int = parameter(0, "jolts of the probe, each a swing of 40 ms", low=0, high=50)
    jolt_speed: tuple[float, float] = parameter((6.0, 10.0), "peak of a jolt", unit="mm/s")
    tremor: float = parameter(0.0, "power of a shaking of the whole image, over the units' power")
    tremor_rate: tuple[float, float] = parameter(
        (8.0, 12.0), "its frequency", unit="Hz", source="physiological tremor, 8 to 12 Hz"
    )
    artery: bool = parameter(False, "an artery with a pulsing wall and flow in it")
    shift: float = parameter(0.0, "sideways shift of the probe half way", unit="mm", low=0)
    # scanner
    snr: tuple[float, float] = parameter(
        (6.0, 16.0), "power of the units over the noise's, whole image", unit="dB", source=_OWN
    )
    grain: float = parameter(
        1.2,
        "distance over which noise is alike, two standard deviations",
        unit="mm",
        low=0,
        source="a beam and an averaging depth of 1 to 2 mm; chosen",
    )
    noise_time: float = parameter(
        4.0,
        "standard deviation in time over which noise is alike",
        unit="ms",
        low=0,
        source="windows of velocity estimators of 10 to 20 ms; chosen",
    )
    shadow: float = parameter(1.0, "noise of a third of the columns, times the others'", low=1)
    fixed_pattern: float = parameter(
        0.0, "spread (log) of gain and noise from place to place, fixed over time", low=0, high=2
    )
    echoes: tuple[int, int] = parameter((0, 0), "bright echoes at rest that hide motion", low=0)
