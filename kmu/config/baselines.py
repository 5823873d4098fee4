"""Settings of the methods that kmu is compared with."""

from dataclasses import dataclass, field

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class FiringSettings(Config):
    """How firings are read off a twitch train."""

    estimator: str = parameter(
        "band_pass",
        "method: peaks of the band-passed train, of its Haar wavelet, or of a source found by "
        "convolutive blind source separation",
        choices=("band_pass", "haar", "convolutive"),
        source="Rohlén et al., BioMed Eng OnLine 2023 (s12938-023-01076-0)",
    )
    low: float = parameter(3.0, "lower edge of the band", unit="Hz", low=0.5, high=20)
    high: float = parameter(25.0, "upper edge of the band", unit="Hz", low=5, high=100)
    height: float = parameter(
        0.35, "smallest peak, as a share of the median of the larger peaks", low=0, high=1
    )
    refractory: float = parameter(0.035, "shortest interval of firings", unit="s", low=0, high=0.2)
    scale: float = parameter(0.04, "width of the Haar wavelet", unit="s", low=0.01, high=0.2)
    extension: float = parameter(
        0.05, "span of the delayed copies in convolutive separation", unit="s", low=0.005, high=1
    )


@dataclass(frozen=True)
class GridSettings(Config):
    """The grid a baseline works on; its result is brought back to the recording's own."""

    pixel: float = parameter(
        0.6, "pixel that finer recordings are averaged to", unit="mm", low=0.05, high=5
    )
    frame_rate: float = parameter(
        100.0, "rate that faster recordings are averaged to", unit="Hz", low=20, high=1000
    )
    low: float = parameter(
        0.0, "lower edge of the temporal band, 0 for none", unit="Hz", low=0, high=20
    )
    high: float = parameter(
        0.0, "upper edge of the temporal band, 0 for none", unit="Hz", low=0, high=100
    )
    smoothing: float = parameter(
        0.0, "standard deviation of spatial smoothing", unit="mm", low=0, high=5
    )


@dataclass(frozen=True)
class TerritorySettings(Config):
    """How a map becomes a territory, and when two units are the same."""

    level: float = parameter(
        0.5, "share of the map's peak where the mask ends", low=0.05, high=0.95
    )
    smoothing: float = parameter(
        0.4, "standard deviation of smoothing of the map", unit="mm", low=0, high=5
    )
    smallest: float = parameter(4.0, "smallest area of a unit", unit="mm2", low=0, high=200)
    largest: float = parameter(200.0, "largest area of a unit", unit="mm2", low=1, high=5000)
    duplicate_iou: float = parameter(
        0.6, "masks that overlap more are one unit if their trains agree too", low=0, high=1
    )
    duplicate_correlation: float = parameter(
        0.3,
        "absolute correlation of twitch trains above which overlapping masks are one unit",
        low=0,
        high=1,
        source="Rohlén, Lubel, Farina 2025",
    )


@dataclass(frozen=True)
class MethodSettings(Config):
    """What every baseline has."""

    ridge: float = parameter(
        0.01,
        "ridge of the joint least squares for the trains, as a share of a unit",
        low=0,
        high=10,
    )
    grid: GridSettings = field(default_factory=GridSettings)
    territory: TerritorySettings = field(default_factory=TerritorySettings)
    firing: FiringSettings = field(default_factory=FiringSettings)


@dataclass(frozen=True)
class IcaSettings(MethodSettings):
    """Independent components of singular vectors, screened by the kurtosis of their maps."""

    components: int = parameter(
        30,
        "components kept of the decomposition of each window",
        low=1,
        high=400,
        source="25 in 25 windows or 50 in 361 windows: Rohlén et al., Sci Rep 2020",
    )
    kurtosis: float = parameter(
        6.0, "smallest excess kurtosis of a map that is kept", low=-2, high=1000
    )
    iterations: int = parameter(100, "most iterations of the fixed point", low=1, high=10000)
    windows: int = parameter(
        1, "overlapping windows along each side of the image; 1 for the whole image", low=1, high=30
    )


@dataclass(frozen=True)
class SpatialIcaSettings(IcaSettings):
    """Of spatial ICA."""

    contrast: str = parameter(
        "logcosh", "contrast function of FastICA", choices=("logcosh", "cube", "exp")
    )


@dataclass(frozen=True)
class TemporalIcaSettings(IcaSettings):
    """Of temporal ICA."""

    contrast: str = parameter(
        "logcosh", "contrast function of FastICA", choices=("logcosh", "cube", "exp")
    )


@dataclass(frozen=True)
class SpatioTemporalIcaSettings(IcaSettings):
    """Of spatio-temporal ICA."""

    spatial_weight: float = parameter(
        0.5,
        "weight of the independence of maps; the rest is that of courses",
        low=0,
        high=1,
        source="Stone et al., NeuroImage 2002",
    )


@dataclass(frozen=True)
class VelbssLikeSettings(IcaSettings):
    """Of the fast separation by skewness."""


@dataclass(frozen=True)
class ConvolutiveSettings(MethodSettings):
    """Windowed convolutive blind source separation; Rohlén, Lubel, Farina 2025."""

    window: float = parameter(5.0, "side of a window", unit="mm", low=1, high=40)
    extension: float = parameter(
        0.08, "span of the delayed copies of every pixel", unit="s", low=0.001, high=0.5
    )
    energy: float = parameter(0.7, "share of the eigenvalue sum kept in whitening", low=0.1, high=1)
    sources: int = parameter(6, "sources sought in each window", low=1, high=50)
    iterations: int = parameter(30, "most iterations of the fixed point", low=1, high=1000)
    band_power: float = parameter(
        0.2, "smallest share of a source's power in 6 to 14 Hz", low=0, high=1
    )
    interval_deviation: float = parameter(
        0.025,
        "largest median absolute deviation of a source's firing intervals",
        unit="s",
        low=0,
        high=1,
    )
    skewness: float = parameter(0.0, "smallest skewness of a source", low=-10, high=10)
    same_source: float = parameter(
        0.6,
        "absolute correlation, at any shift up to 60 ms, above which two sources are one; "
        "published 0.3, which chance exceeds within two seconds",
        low=0,
        high=1,
    )


@dataclass(frozen=True)
class FactorisationSettings(MethodSettings):
    """Factorisation with non-negative maps of local support."""

    components: int = parameter(40, "most units sought", low=1, high=400)
    radius: float = parameter(6.0, "radius of a unit's support", unit="mm", low=1, high=40)
    explained: float = parameter(
        0.15, "smallest share of its support's variance a new unit explains", low=0, high=1
    )
    sweeps: int = parameter(5, "joint updates of maps and trains", low=0, high=100)
    compactness: float = parameter(
        0.3, "smallest share of a map's power inside its mask", low=0, high=1
    )


@dataclass(frozen=True)
class StaSettings(MethodSettings):
    """Spike-triggered averaging; it is told the true firings."""

    before: float = parameter(
        0.0, "average from this long before a firing", unit="s", low=0, high=1
    )
    after: float = parameter(0.2, "average to this long after a firing", unit="s", low=0.01, high=1)
