"""What options mean for an analysis: filters, thresholds, and EMG firings from their file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kmu.analysis.pipeline import Analysis, analyse_source
from kmu.analysis.provenance import file_hash
from kmu.config.analysis import AnalysisOptions
from kmu.identification.preparation import Preparation
from kmu.identification.resample import FrameSource
from kmu.identification.served_model import ServedModel
from kmu.reading.firings import read_emg_units


def analyse_with(
    source: FrameSource,
    model: str | os.PathLike[str] | ServedModel | None,
    options: AnalysisOptions,
    *,
    one_recording: bool = False,
    by: Callable[..., Analysis] = analyse_source,
) -> Analysis:
    """Analyses a recording as the options say.

    Args:
        source: the recording.
        model: as for ``kmu.identify``.
        options: what is asked for.
        one_recording: see :func:`kmu.identification.served_model.load_model`.
        by: what does it; takes what :func:`kmu.analysis.pipeline.analyse_source` takes.

    Raises:
        InputError: if firings cannot be read or an option does not fit, and as ``kmu.identify``.
    """
    emg: dict[str, Any] = {}
    if options.firings:
        units = read_emg_units(options.firings, options.firings_rate)
        duration = source.shape[0] / source.frame_rate
        units = units.later(options.firings_offset).within(duration)
        emg = {
            "emg_firings": units.firings,
            "emg_warnings": units.warnings,
            "emg_made": {
                "file": Path(options.firings).name,
                "sha256": file_hash(Path(options.firings)),
                "rate_hz": options.firings_rate,
                "offset_s": options.firings_offset,
            },
            "emg_clock_fit": options.firings_clock == "fit",
        }
    return by(
        source,
        model=model,
        score_threshold=options.score_threshold,
        firing_threshold=options.firing_threshold,
        block_seconds=options.block_seconds,
        preparation=Preparation(options.band, options.suppress_motion, options.motion_order),
        least_quality=options.min_quality,
        one_recording=one_recording,
        **emg,
    )
