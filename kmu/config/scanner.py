"""Parameters of what the scanner sees."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter
from kmu.config.muscle import Range


@dataclass(frozen=True)
class ScannerConfig(Config):
    """The velocity estimate: point spread, averaging, noise, errors of dark speckle."""

    snr: Range = parameter(
        (10.0, 30.0), "power of the units' velocity over that of the noise", unit="dB", low=-20.0,
        high=120.0, source="10, 20, 30 dB, BioMed Eng OnLine 2023, s12938-023-01076-0",
    )  # fmt: skip
    high_pass: Range = parameter(
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
    beam_width: Range = parameter(
        (0.5, 1.2), "lateral full width at half maximum of the point spread", unit="mm", low=0.0,
        high=5.0, source="wavelength times f-number at 5 to 10 MHz",
    )  # fmt: skip
    speckle_gain: Range = parameter(
        (0.05, 0.25), "standard deviation of the fixed error that speckle makes in the velocity, "
        "as a share", low=0.0, high=1.0, source="chosen",
    )  # fmt: skip
    speckle_noise: float = parameter(
        1.0, "how far noise follows local echo brightness; 0: same noise everywhere", low=0.0,
        high=1.0, source="phase noise grows as the echo fades",
    )  # fmt: skip
