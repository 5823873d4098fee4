"""From a recording's file to all the files of its result: what identify and batch both do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kmu.analysis.options import analyse_with
from kmu.analysis.pipeline import Analysis
from kmu.config.analysis import AnalysisOptions
from kmu.identification.finding import model_rate
from kmu.identification.pipeline import memory_needed
from kmu.identification.resample import FrameSource
from kmu.identification.served_model import ServedModel
from kmu.progress import say
from kmu.reading.opening import open_recording
from kmu.report.writing import Outputs, write_all
from kmu.tracking.known import analyse_known
from kmu.tracking.seen import Seen


def identify_file(
    file: Path,
    outputs: Outputs,
    model: Path | ServedModel,
    options: AnalysisOptions,
    reading: Mapping[str, Any],
    *,
    earlier: Seen | None = None,
    also_new: bool = False,
    one_recording: bool = False,
    tell: Callable[[str], None] = say,
) -> Analysis:
    """Identifies one recording and writes all of its result.

    Args:
        file: the recording.
        outputs: the files to write.
        model: its folder, or loaded.
        options: what is asked for.
        reading: what the file does not say, as ``kmu.reading.open_recording`` takes it.
        earlier: known units, to be looked for in it.
        also_new: with those, add the units that are found beside them.
        one_recording: see :func:`kmu.identification.served_model.load_model`.
        tell: takes what the user is to know, a sentence each.

    Raises:
        InputError: if it cannot be read, identified or written; nothing is then written.
    """
    source = open_recording(file, **reading)
    frames, depth, width = source.shape
    rate = model.frame_rate if isinstance(model, ServedModel) else model_rate(model)
    needed = memory_needed(source, options.block_seconds, rate)
    tell(
        f"{file}: {frames} frames at {source.frame_rate:g} Hz "
        f"({source.duration:.3g} s), {depth * source.spacing[0]:.3g} mm deep, "
        f"{width * source.spacing[1]:.3g} mm wide; will need at most about "
        f"{needed:.0f} MiB of memory"
    )
    if given := source.meta.get("given"):
        tell(f"as you say: {', '.join(given)}")
    if earlier is None:
        analysis = analyse_with(source, model, options, one_recording=one_recording)
    else:
        looked_for: list[str] = []

        def known_in(recording: FrameSource, **told: Any) -> Analysis:
            found, known = analyse_known(recording, earlier, also_new, **told)
            looked_for.append(known.summary())
            return found

        analysis = analyse_with(source, model, options, one_recording=one_recording, by=known_in)
        tell(looked_for[0])
    if analysis.emg_clock is not None:
        tell(analysis.emg_clock.sentence)
    for warning in analysis.units.provenance["warnings"]:
        tell(f"warning: {warning}")
    written = write_all(analysis, outputs)
    dropped = f" ({analysis.dropped} more below the least quality)" if analysis.dropped else ""
    tell(f"{len(analysis.units)} motor units{dropped}: {', '.join(map(str, written))}")
    return replace(analysis, coarse=None)
