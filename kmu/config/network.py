"""Parameters of the networks, and the named designs among them."""

from dataclasses import dataclass, field

from kmu.config.base import Config, parameter
from kmu.errors import InputError


@dataclass(frozen=True)
class GridConfig(Config):
    """The grid on which every network works; recordings are brought to it inside the graph."""

    spacing: float = parameter(0.625, "pixel size, depth and lateral", unit="mm", low=0.1, high=2)
    frame_rate: float = parameter(100.0, "frames per second", unit="Hz", low=50, high=1000)
    drift_window: int = parameter(
        51,
        "frames over which the local mean is removed (a high-pass: half power at 1.9 Hz)",
        unit="frames",
        low=3,
        high=501,
    )
    multiple: int = parameter(
        8, "depth and width are filled up with zeros to a multiple of this", unit="px", low=1
    )
    quieting: bool = parameter(False, "smooth in time what is mostly noise")


@dataclass(frozen=True)
class SlowFusionConfig(Config):
    """3D convolutions whose temporal stride and receptive field grow until time is fused away."""

    filters: tuple[int, ...] = parameter((8, 16, 32), "channels of each layer", low=1)
    temporal_kernel: tuple[int, ...] = parameter((7, 5, 5), "frames each layer sees", low=1)
    temporal_stride: tuple[int, ...] = parameter(
        (4, 2, 2),
        "by how much each layer lowers the frame rate",
        low=1,
        source="Karpathy et al. 2014, slow fusion",
    )
    spatial_stride: tuple[int, ...] = parameter((2, 1, 1), "spatial stride of each layer", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        lengths = {
            len(self.filters),
            len(self.temporal_kernel),
            len(self.temporal_stride),
            len(self.spatial_stride),
        }
        if len(lengths) != 1:
            raise InputError("SlowFusionConfig needs one kernel and two strides for each layer")


@dataclass(frozen=True)
class SegmenterConfig(Config):
    """The 2D network that proposes units: a centre, a score and a mask for each."""

    widths: tuple[int, ...] = parameter((32, 64, 96, 128), "channels of each U-Net level", low=1)
    embedding: int = parameter(16, "channels of the embedding that masks are read from", low=1)
    slots: int = parameter(2, "units that can share one place", low=1, high=4)
    shared_radius: float = parameter(
        2.5, "units with centres closer than this take different slots", unit="px", low=0
    )
    max_units: int = parameter(64, "candidates kept for a recording", low=1, high=256)


@dataclass(frozen=True)
class SignalConfig(Config):
    """From masks to twitch trains, firings, refined territories and scores."""

    ridge: float = parameter(
        0.02, "least-squares regularisation, relative to a typical mask's energy", low=0, high=10
    )
    duplicate_iou: float = parameter(
        0.7, "of two candidates whose masks overlap more, the lower one goes", low=0, high=1
    )
    proposal_score: float = parameter(
        0.1, "candidates below this centre score are not looked at", low=0, high=1
    )
    refinements: int = parameter(
        2, "times that territories are re-estimated from the trains; 0 also leaves the centre's "
        "score as the unit's", low=0, high=8,
    )  # fmt: skip
    keep_score: float = parameter(
        0.2, "candidates that the sieve finds less probable to be on a unit are dropped between "
        "refinements", low=0, high=1,
    )  # fmt: skip
    merge_correlation: float = parameter(
        0.8, "candidates whose clean trains correlate more are one unit; 1: never", low=0, high=1
    )
    second_look: bool = parameter(
        False, "look for more candidates in what is left without the units found, then at all of "
        "them together",
    )  # fmt: skip
    peel_off: bool = parameter(
        False, "the signal regressor also sees each train as cleaned before, and what is left of "
        "the unit in the recording without all clean trains",
    )  # fmt: skip
    refiner_filters: int = parameter(16, "channels of the territory refiner", low=1)
    refiner_window: int = parameter(32, "side of the window it sees", unit="px", low=8)
    regressor_filters: int = parameter(48, "channels of the signal regressor", low=1)
    regressor_dilations: tuple[int, ...] = parameter(
        (1, 2, 4, 8, 16, 1), "dilation of each of its residual blocks", unit="frames", low=1
    )


@dataclass(frozen=True)
class NetworkConfig(Config):
    """The identifier, whole."""

    grid: GridConfig = field(default_factory=GridConfig)
    slow_fusion: bool = parameter(True, "use the Conv3D maps")
    local_correlation: bool = parameter(True, "use the weight-free maps of local correlation")
    correlation_offsets: tuple[int, ...] = parameter(
        (0, 1, 2, 3, 4, 6, 8), "offsets of the neighbours a pixel is correlated with", unit="px"
    )
    fusion: SlowFusionConfig = field(default_factory=SlowFusionConfig)
    segmenter: SegmenterConfig = field(default_factory=SegmenterConfig)
    signal: SignalConfig = field(default_factory=SignalConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.slow_fusion or self.local_correlation):
            raise InputError("NetworkConfig needs slow_fusion or local_correlation")


NETWORK_PRESETS = {
    "base": NetworkConfig(
        grid=GridConfig(quieting=True),
        correlation_offsets=(0, 1, 2, 4, 8),
        segmenter=SegmenterConfig(max_units=96),
        signal=SignalConfig(regressor_filters=32, peel_off=True),
    ),
    # As published by Ali et al. 2020: slow fusion alone, then segmentation, then a network for
    # the signals, here the same as in base; no correlation maps, no refinement, one unit a place.
    "paper": NetworkConfig(
        local_correlation=False,
        segmenter=SegmenterConfig(slots=1, max_units=96),
        signal=SignalConfig(refinements=0, regressor_filters=32),
    ),
    "tiny": NetworkConfig(
        fusion=SlowFusionConfig(
            filters=(4, 8), temporal_kernel=(5, 5), temporal_stride=(4, 4), spatial_stride=(2, 1)
        ),
        segmenter=SegmenterConfig(widths=(8, 12, 16, 16), embedding=4),
        signal=SignalConfig(
            peel_off=True, refiner_filters=4, regressor_filters=8, regressor_dilations=(1, 2, 4)
        ),
    ),
}
