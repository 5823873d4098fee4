"""Settings of the methods that kmu is compared with."""

from dataclasses import dataclass

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
    extension: int = parameter(
        16, "delayed copies of the train in convolutive separation", unit="frames", low=1, high=200
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
class SpatialIcaSettings(Config):
    """Spatial ICA after a singular value decomposition, components screened by kurtosis."""

    components: int = parameter(30, "components kept of the decomposition", low=1, high=400)
    kurtosis: float = parameter(
        6.0, "smallest excess kurtosis of a map that is kept", low=-2, high=1000
    )
    contrast: str = parameter(
        "logcosh", "contrast function of FastICA", choices=("logcosh", "cube", "exp")
    )
    iterations: int = parameter(100, "most iterations of FastICA", low=1, high=10000)
    ridge: float = parameter(
        0.01,
        "ridge of the joint least squares for the trains, as a share of a unit",
        low=0,
        high=10,
    )
    grid: GridSettings = parameter(GridSettings(), "the grid to work on")
    territory: TerritorySettings = parameter(TerritorySettings(), "from map to territory")
    firing: FiringSettings = parameter(FiringSettings(), "from train to firings")
