"""Parameters of what the scanner sees."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class ScannerConfig(Config):
    """The velocity estimate: point spread, averaging, noise, errors of dark speckle.

    Two levels: ``fast`` draws the statistics of the estimate; ``speckle`` makes IQ frames of
    scatterers and runs the estimator on them.
    """

    level: str = parameter(
        "fast",
        "statistics of the velocity estimate, or IQ frames of scatterers",
        choices=("fast", "speckle"),
    )
    snr: tuple[float, float] = parameter(
        (10.0, 30.0), "power of the units' velocity over that of the noise (fast level)", unit="dB",
        low=-20.0, high=120.0, source="10, 20, 30 dB, BioMed Eng OnLine 2023, s12938-023-01076-0",
    )  # fmt: skip
    high_pass: tuple[float, float] = parameter(
        (5.0, 5.0), "lower edge of the velocity's band; 0 leaves slow motion in", unit="Hz",
        low=0.0, high=20.0, source="5-100 Hz, public MATLAB code of the field",
    )  # fmt: skip
    averaging_time: float = parameter(
        0.010, "time over which velocity is averaged", unit="s", low=0.0005, high=0.1,
        source="about 10 ms, public MATLAB code of the field",
    )  # fmt: skip
    averaging_depth: float = parameter(
        1.0, "depth over which velocity is averaged", unit="mm", low=0.0, high=5.0,
        source="1 mm, public MATLAB code of the field",
    )  # fmt: skip
    beam_width: tuple[float, float] = parameter(
        (0.3, 0.8), "lateral full width at half maximum of the point spread (fast level)",
        unit="mm", low=0.0, high=5.0, source="1.35 wavelengths times the f-number at 5 to 9 MHz",
    )  # fmt: skip
    speckle_gain: tuple[float, float] = parameter(
        (0.03, 0.10), "standard deviation of the fixed error that speckle makes in the velocity, "
        "as a share (fast level)", low=0.0, high=1.0, source="calibrated on the speckle level",
    )  # fmt: skip
    speckle_looks: tuple[float, float] = parameter(
        (4.0, 9.0), "independent speckles in an averaging window: the fewer, the darker the dark "
        "places (fast level); 0: the same noise everywhere", low=0.0, high=1000.0,
        source="calibrated on the speckle level",
    )  # fmt: skip
    white_noise: tuple[float, float] = parameter(
        (0.05, 0.6), "share of the noise power that is white in time; the rest is that of phase "
        "differences, which rises with frequency (fast level)", low=0.0, high=1.0,
        source="calibrated on the speckle level: 0.07 at 20 dB in the IQ frames, 0.4 at 10 dB",
    )  # fmt: skip
    centre_frequency: tuple[float, float] = parameter(
        (5.0, 9.0), "centre frequency of the pulse", unit="MHz", low=1.0, high=30.0,
        source="linear arrays of 128 elements for muscle",
    )  # fmt: skip
    bandwidth: tuple[float, float] = parameter(
        (0.5, 0.7), "band of pulse and echo at -6 dB over the centre frequency", low=0.2, high=1.0,
        source="chosen: usual linear arrays",
    )  # fmt: skip
    pitch: float = parameter(
        0.3, "distance of the array's elements, and of image lines at most", unit="mm", low=0.05,
        high=1.0, source="128 elements of 0.3 mm, IEEE Access 8:50299",
    )  # fmt: skip
    f_number: tuple[float, float] = parameter(
        (1.2, 2.0), "depth over receive aperture", low=0.5, high=6.0, source="chosen"
    )
    compounded_angles: int = parameter(
        1, "plane waves compounded into a frame; iq_frame_rate counts whole frames", low=1, high=64
    )
    iq_frame_rate: float = parameter(
        1000.0, "IQ frames per second", unit="Hz", low=100.0, high=20000.0,
        source="1000 and 2000 frames/s, public MATLAB code of the field",
    )  # fmt: skip
    iq_snr: tuple[float, float] = parameter(
        (15.0, 25.0), "mean echo over thermal noise in the IQ frames", unit="dB", low=-20.0,
        high=120.0, source="chosen",
    )  # fmt: skip
    depth_loss: tuple[float, float] = parameter(
        (0.0, 15.0), "fall of that ratio from the top to the bottom of the image", unit="dB",
        low=0.0, high=60.0, source="0.5 dB/(cm MHz) both ways, in part made up by the focus",
    )  # fmt: skip
    estimator: str = parameter(
        "kasai", "velocity from IQ frames by one or two dimensions", choices=("kasai", "loupas"),
        source="Kasai et al. 1985; Loupas et al. 1995",
    )  # fmt: skip
