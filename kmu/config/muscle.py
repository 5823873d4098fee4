"""Parameters of a muscle: its motor pool, twitches, territories and how they move tissue.

A pair is a range: one value is drawn from it, uniformly, for every recording (domain
randomization). Equal ends fix the value.
"""

from dataclasses import dataclass

from kmu.config.base import Config, parameter

_FUGLEVAND = "Fuglevand et al., J Neurophysiol 70:2470 (1993)"
_MRI = "MU-MRI of 31 units, PMC7208543"
_DISCHARGE = "BioMed Eng OnLine 2023, s12938-023-01076-0"
_RAIKOVA = "Raikova et al. 2007, 2008"


@dataclass(frozen=True)
class PoolConfig(Config):
    """Recruitment, rate coding and discharge statistics of a motor pool."""

    pool_size: int = parameter(
        120, "motor units of the whole muscle", low=2, high=1000, source=_FUGLEVAND
    )
    recruitment_range: float = parameter(
        30.0, "highest over lowest recruitment threshold", low=1.5, high=100.0, source=_FUGLEVAND
    )
    force_range: float = parameter(
        100.0, "strongest over weakest twitch force", low=1.5, high=300.0, source=_FUGLEVAND
    )
    minimum_rate: tuple[float, float] = parameter(
        (8.0, 11.5), "rate at recruitment", unit="Hz", low=3.0, high=20.0,
        source=f"8 Hz in {_FUGLEVAND}; 8 to 16 Hz at low force in {_DISCHARGE}",
    )  # fmt: skip
    rate_spread: float = parameter(
        1.0, "standard deviation of the rate at recruitment over units", unit="Hz", low=0.0,
        high=4.0, source=f"chosen so that units at low force fire at 8 to 16 Hz, {_DISCHARGE}",
    )  # fmt: skip
    rate_gain: tuple[float, float] = parameter(
        (1.0, 4.0), "rate gained per unit of excitation above threshold", unit="Hz", low=0.0,
        high=20.0, source=f"1 in {_FUGLEVAND}; more lets few units reach 11 to 14 Hz, {_DISCHARGE}",
    )  # fmt: skip
    peak_rate: tuple[float, float] = parameter(
        (25.0, 35.0), "peak rate of the last and of the first recruited unit", unit="Hz",
        low=10.0, high=60.0, source=_FUGLEVAND,
    )  # fmt: skip
    interval_variation: tuple[float, float] = parameter(
        (0.08, 0.25), "coefficient of variation of inter-spike intervals", low=0.0, high=0.4,
        source=f"5 to 40 % in {_DISCHARGE}",
    )  # fmt: skip
    common_drive: tuple[float, float] = parameter(
        (0.02, 0.10), "standard deviation of the shared fluctuation of the rates, as a share",
        low=0.0, high=0.3, source="common drive of De Luca et al. 1982, below 3 Hz; size chosen",
    )  # fmt: skip
    beta_share: tuple[float, float] = parameter(
        (0.0, 0.3), "share of the common drive's power near 20 Hz", low=0.0, high=1.0,
        source="15 to 30 Hz coherence between motor units, Farmer et al. 1993; size chosen",
    )  # fmt: skip
    synchronized: tuple[float, float] = parameter(
        (0.0, 0.3), "share of firings drawn to a shared event", low=0.0, high=0.5,
        source="partially synchronized firing, IEEE Access 8:170595; size chosen",
    )  # fmt: skip
    doublets: tuple[float, float] = parameter(
        (0.0, 0.01), "share of firings followed by a second one within 5 to 15 ms", low=0.0,
        high=0.1, source="rare at constant force, Kudina and Andreeva 2013; size chosen",
    )  # fmt: skip


@dataclass(frozen=True)
class TwitchConfig(Config):
    """The displacement that one firing makes, and how successive ones add up."""

    contraction_time: tuple[float, float] = parameter(
        (0.050, 0.090), "contraction time Tc of the strongest and of the weakest unit", unit="s",
        low=0.02, high=0.15, source=f"50 to 90 ms, {_RAIKOVA}; falls with force, {_FUGLEVAND}",
    )  # fmt: skip
    contraction_spread: float = parameter(
        0.08,
        "relative standard deviation of Tc over units of one force",
        low=0.0,
        high=0.3,
        source="chosen",
    )
    contraction_scale: tuple[float, float] = parameter(
        (1.0, 1.0), "factor on the contraction times of a recording", low=0.4, high=2.0,
        source="chosen: muscles and scanners' filters differ",
    )  # fmt: skip
    relaxation_ratio: tuple[float, float] = parameter(
        (1.6, 1.75), "half-relaxation time over contraction time", low=1.3, high=2.5,
        source=f"about 5/3, {_RAIKOVA}",
    )  # fmt: skip
    variability: tuple[float, float] = parameter(
        (0.02, 0.10), "relative standard deviation of Tc, relaxation and amplitude from firing to "
        "firing", low=0.0, high=0.3, source=f"successive twitches differ, {_RAIKOVA}; size chosen",
    )  # fmt: skip
    lead_time: tuple[float, float] = parameter(
        (0.002, 0.008), "firing to the start of the twitch", unit="s", low=0.0, high=0.03,
        source="Raikova model with lead time; size chosen",
    )  # fmt: skip
    fusion_loss: tuple[float, float] = parameter(
        (0.1, 0.6), "how much a twitch shrinks per twitch height that has not relaxed yet",
        low=0.0, high=2.0, source=f"equal-twitch summation fails, {_RAIKOVA}; size chosen",
    )  # fmt: skip
    peak_velocity: tuple[float, float] = parameter(
        (0.4, 1.5), "peak velocity of the twitch of the weakest unit", unit="mm/s", low=0.001,
        high=20.0, source="chosen: micrometres of motion in a tenth of a second",
    )  # fmt: skip
    size_exponent: tuple[float, float] = parameter(
        (0.2, 0.5), "peak velocity grows as twitch force to this power", low=0.0, high=1.0,
        source="chosen: force grows with the number of fibres, motion with their density",
    )  # fmt: skip
    amplitude_spread: tuple[float, float] = parameter(
        (0.15, 0.40), "standard deviation of log peak velocity over units of one force", low=0.0,
        high=1.0, source="chosen",
    )  # fmt: skip
    inverted: tuple[float, float] = parameter(
        (0.0, 0.0), "share of units that move tissue the other way", low=0.0, high=0.5,
        source="chosen: the direction depends on the unit's line of pull",
    )  # fmt: skip


@dataclass(frozen=True)
class TerritoryConfig(Config):
    """Where units lie in the muscle's cross-section."""

    outlines: tuple[str, ...] = parameter(
        ("ellipse", "square", "slab", "bent"), "muscle outlines, one of which is drawn"
    )
    muscle_width: tuple[float, float] = parameter(
        (34.0, 46.0), "lateral extent of the muscle", unit="mm", low=10.0, high=200.0,
        source="field of view of 40 mm; chosen",
    )  # fmt: skip
    muscle_thickness: tuple[float, float] = parameter(
        (28.0, 42.0), "extent of the muscle in depth", unit="mm", low=8.0, high=200.0,
        source="field of view of 40 mm; chosen",
    )  # fmt: skip
    area_mean: float = parameter(26.7, "mean area", unit="mm2", low=2.0, high=200.0, source=_MRI)
    area_deviation: float = parameter(
        11.2, "standard deviation of the area", unit="mm2", low=0.0, high=100.0, source=_MRI
    )
    area_growth: float = parameter(
        0.3, "correlation of area with recruitment threshold", low=0.0, high=1.0,
        source="territory area grows with threshold, public simulator of the field; size chosen",
    )  # fmt: skip
    largest_diameter: tuple[float, float] = parameter(
        (10.7, 3.3), "mean and standard deviation of the largest diameter", unit="mm", low=0.0,
        high=40.0, source=_MRI,
    )  # fmt: skip
    smallest_diameter: tuple[float, float] = parameter(
        (4.5, 1.2), "mean and standard deviation of the smallest diameter", unit="mm", low=0.0,
        high=20.0, source=_MRI,
    )  # fmt: skip
    least_seen: float = parameter(
        0.0, "share of a territory in the field of view, outside resting layers, from which its "
        "unit is one to be found; 0: its centre is there, whatever is seen of it",
        low=0.0, high=1.0, source="chosen: half of a unit twitches as plainly as a whole one",
    )  # fmt: skip
    split: float = parameter(
        0.15, "share of territories in two parts", low=0.0, high=1.0,
        source=f"'sometimes split', {_MRI}; size chosen",
    )  # fmt: skip
    plain: tuple[float, float] = parameter(
        (0.0, 0.0), "share of territories that are plain ellipses of their area, whatever the "
        "diameters", low=0.0, high=1.0, source="chosen: variety beyond what MRI measured",
    )  # fmt: skip
    plain_aspect: tuple[float, float] = parameter(
        (1.0, 2.5), "length over width of such an ellipse", low=1.0, high=10.0, source="chosen"
    )
    scale: tuple[float, float] = parameter(
        (1.0, 1.0), "factor on all lengths of the territories of a recording", low=0.3, high=3.0,
        source="chosen: muscles differ in size",
    )  # fmt: skip
    irregularity: tuple[float, float] = parameter(
        (0.0, 0.12), "relative size of the bumps of the outline", low=0.0, high=0.3, source="chosen"
    )
    edge: tuple[float, float] = parameter(
        (0.6, 1.6), "width over which fibres thin out at the border", unit="mm", low=0.05,
        high=5.0, source="chosen",
    )  # fmt: skip
    centre_jitter: tuple[float, float] = parameter(
        (0.5, 2.5), "random shift of centres that are spread apart", unit="mm", low=0.0, high=20.0,
        source="centres spread apart, public simulator of the field; size chosen",
    )  # fmt: skip


@dataclass(frozen=True)
class TissueConfig(Config):
    """How units, and everything else, move the tissue."""

    spread: tuple[float, float] = parameter(
        (0.1, 0.6), "elastic motion around a unit, relative to that of its fibres", low=0.0,
        high=2.0, source="chosen; evidence: elastic spread decides who wins",
    )  # fmt: skip
    spread_length: tuple[float, float] = parameter(
        (2.0, 6.0), "length over which that motion decays", unit="mm", low=0.2, high=40.0,
        source="chosen: about a territory's diameter",
    )  # fmt: skip
    bulge: tuple[float, float] = parameter(
        (0.0, 0.4), "outward motion as the shortening fibres thicken, relative to the fibres' own",
        low=0.0, high=2.0, source="constant volume: shortening thickens; size chosen",
    )  # fmt: skip
    far_field: tuple[float, float] = parameter(
        (0.0, 0.0), "motion of an incompressible elastic sheet around a unit, which falls with the "
        "logarithm of distance, relative to that of its fibres", low=0.0, high=3.0,
        source="field of a line force in an incompressible solid (Kelvin); size chosen",
    )  # fmt: skip
    far_reach: tuple[float, float] = parameter(
        (30.0, 80.0), "distance at which that motion has fallen to nothing", unit="mm", low=5.0,
        high=500.0, source="chosen: bone and skin hold the muscle",
    )  # fmt: skip
    resting_top: tuple[float, float] = parameter(
        (0.0, 0.0), "thickness of a layer on top that holds no fibres and that no unit moves",
        unit="mm", low=0.0, high=50.0, source="chosen: skin and fat above the muscle",
    )  # fmt: skip
    resting_bottom: tuple[float, float] = parameter(
        (0.0, 0.0), "thickness of such a layer at the bottom", unit="mm", low=0.0, high=50.0,
        source="chosen: bone below the muscle",
    )  # fmt: skip
    outside_muscle: tuple[float, float] = parameter(
        (0.2, 0.7), "motion outside the muscle's outline relative to inside", low=0.0, high=1.0,
        source="chosen",
    )  # fmt: skip
    firing_delay: tuple[float, float] = parameter(
        (0.0, 0.005), "delay from one end of a territory to the other", unit="s", low=0.0,
        high=0.02, source="end plates 20 mm apart at 4 m/s; size chosen",
    )  # fmt: skip
    wave_slowness: tuple[float, float] = parameter(
        (0.125, 0.5), "time that motion takes to spread a millimetre beyond the territory",
        unit="ms/mm", low=0.0, high=2.0,
        source="shear waves of 2 to 8 m/s in relaxed to contracting muscle",
    )  # fmt: skip
    stiffening: tuple[float, float] = parameter(
        (0.0, 0.15), "loss of displacement per twitch height of summed displacement", low=0.0,
        high=1.0, source="peak-to-peak falls with active units, Lubel et al., TNSRE 2023",
    )  # fmt: skip
    drift: tuple[float, float] = parameter(
        (0.0, 1.0), "probe drift and slow shape change, root mean square velocity over that of the "
        "units", low=0.0, high=10.0, source="chosen",
    )  # fmt: skip
    pulse: tuple[float, float] = parameter(
        (0.0, 1.0), "arterial pulse, root mean square velocity over that of the units", low=0.0,
        high=10.0, source="chosen",
    )  # fmt: skip
    shape_change: tuple[float, float] = parameter(
        (0.0, 0.3), "slow change of the muscle's shape over a ramp from rest to full force of the "
        "contraction", unit="mm", low=0.0, high=5.0, source="chosen",
    )  # fmt: skip
    tremor: tuple[float, float] = parameter(
        (0.0, 0.4), "smooth motion at 6 to 12 Hz, root mean square velocity over that of the units",
        low=0.0, high=10.0, source="physiological tremor, 8 to 12 Hz; size chosen",
    )  # fmt: skip
