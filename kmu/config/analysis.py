"""What one may choose when units are looked for in a recording: the same wherever that is done."""

from dataclasses import dataclass

from kmu.config.base import Config, parameter


@dataclass(frozen=True)
class AnalysisOptions(Config):
    """The options of ``kmu identify``, ``kmu batch`` and ``kmu.analyse``, declared once."""

    score_threshold: float | None = parameter(
        None, "keep units of at least this score, 0 to 1 (default: the one that promises the "
        "highest F1 of the recording, at most the model's own)", low=0, high=1,
    )  # fmt: skip
    firing_threshold: float | None = parameter(
        None, "keep firings of at least this probability, 0 to 1 (default: the model's own)",
        low=0, high=1,
    )  # fmt: skip
    min_quality: float = parameter(
        0.0, "drop units of a lower overall quality, 0 to 1 (default 0: keep all)", low=0, high=1
    )
    block_seconds: float = parameter(
        5.0, "longer recordings are identified in overlapping blocks of this length (default 5)",
        unit="s", low=1,
    )  # fmt: skip
    band: tuple[float, float] | None = parameter(
        None, "zero-phase band-pass before identifying (default: none)", unit="Hz", low=0
    )
    suppress_motion: str = parameter(
        "none", "take off common motion before identifying (default: none)",
        choices=("none", "polynomial", "svd"),
    )  # fmt: skip
    motion_order: int = parameter(
        1, "order of the polynomial, or number of components (default 1)", low=0, high=10
    )
    firings: str = parameter(
        "", "EMG firings to compare with: MUedit, DEMUSE or another MATLAB cell, openhdemg, NWB, "
        "BIDS events or CSV; for several recordings a folder with one such file for each, of the "
        "recording's name",
    )  # fmt: skip
    firings_rate: float | None = parameter(
        None, "their sampling rate, if they are samples", unit="Hz", low=0
    )
    firings_offset: float = parameter(
        0.0, "added to their times: where time 0 of the EMG lies in the ultrasound (default 0)",
        unit="s",
    )  # fmt: skip
    firings_clock: str = parameter(
        "given", "fit: also fit offset and scale of the EMG's clock to the firings found",
        choices=("given", "fit"),
    )  # fmt: skip

    def _called(self, name: str) -> str:
        """Users know the options, in Python as on the command line, by their own names."""
        return name
