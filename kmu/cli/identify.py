"""Find the motor units of a recording, or of several one after the other.

On many cores or a cluster, and to go on where a run was stopped: ``kmu batch``.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmu.cli.reading import add_reading_options, reading_options

if TYPE_CHECKING:
    from kmu.reading.emg.units import EmgUnits
    from kmu.report import Outputs
    from kmu.tracking.seen import Seen

HELP = "find the motor units of a recording, or of several"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu identify``."""
    parser.add_argument(
        "files",
        metavar="file",
        type=Path,
        nargs="+",
        help="MATLAB, NumPy, HDF5 or zea file, folder of numbered files, or folder of recordings; "
        "several are identified one after the other (on a cluster: kmu batch)",
    )
    add_reading_options(parser)
    parser.add_argument(
        "--model", help="folder or name of a SavedModel; by default the one that came with kmu"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT.h5",
        help="the result, or a folder for FILE.units.h5; by default beside the recording",
    )
    parser.add_argument(
        "--figure", type=Path, metavar="PNG", help="the figure; by default OUT.png beside OUT.h5"
    )
    parser.add_argument(
        "--report", type=Path, metavar="HTML", help="the report page; by default OUT.html"
    )
    parser.add_argument(
        "--export",
        nargs="+",
        default=[],
        choices=("matlab", "csv", "openhdemg", "nwb", "bids"),
        help="also write the result in these formats, beside OUT.h5",
    )
    parser.add_argument(
        "--firings",
        type=Path,
        metavar="FILE",
        help="EMG firings to compare with: MUedit, DEMUSE or another MATLAB cell, openhdemg, NWB, "
        "BIDS events or CSV",
    )
    parser.add_argument(
        "--firings-rate", type=float, metavar="HZ", help="their sampling rate, if they are samples"
    )
    parser.add_argument(
        "--firings-offset",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="added to their times: where time 0 of the EMG lies in the ultrasound (default 0)",
    )
    parser.add_argument(
        "--firings-clock",
        choices=("given", "fit"),
        default="given",
        help="fit: also fit offset and scale of the EMG's clock to the firings found",
    )
    parser.add_argument(
        "--score-threshold",
        type=float,
        metavar="S",
        help="keep units of at least this score, 0 to 1 (default: the model's own)",
    )
    parser.add_argument(
        "--firing-threshold",
        type=float,
        metavar="P",
        help="keep firings of at least this probability, 0 to 1 (default: the model's own)",
    )
    parser.add_argument(
        "--min-quality",
        type=float,
        default=0.0,
        metavar="Q",
        help="drop units of a lower overall quality, 0 to 1 (default 0: keep all)",
    )
    parser.add_argument(
        "--block-seconds",
        type=float,
        default=5.0,
        metavar="S",
        help="longer recordings are identified in overlapping blocks of this length (default 5)",
    )
    parser.add_argument(
        "--band",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="zero-phase band-pass in Hz before identifying (default: none)",
    )
    parser.add_argument(
        "--suppress-motion",
        choices=("none", "polynomial", "svd"),
        default="none",
        help="take off common motion before identifying (default: none)",
    )
    parser.add_argument(
        "--motion-order",
        type=int,
        default=1,
        metavar="N",
        help="order of the polynomial, or number of components (default 1)",
    )
    parser.add_argument(
        "--units",
        type=Path,
        metavar="EARLIER.h5",
        help="a result of an earlier recording of the muscle: its units are looked for in this one",
    )
    parser.add_argument(
        "--also-new", action="store_true", help="with --units: add the units found beside them"
    )


def run(arguments: argparse.Namespace) -> int:
    """Reads, identifies, then writes, file by file; of a file that fails nothing is written."""
    from kmu.cli.identifying import (
        check_distinct,
        check_known,
        check_several,
        check_share,
        result_names,
    )
    from kmu.errors import InputError
    from kmu.identification.preparation import Preparation
    from kmu.identification.served_model import find_model
    from kmu.progress import say
    from kmu.reading.firings import read_emg_units
    from kmu.reading.several import recordings_of
    from kmu.report import Outputs
    from kmu.tracking.seen import load_seen

    check_known(arguments)
    model = find_model(arguments.model)
    given = [
        found
        for file in arguments.files
        for found in recordings_of(file, arguments.variable, arguments.axes)
    ]
    files = list({file.resolve(): file for file in given}.values())
    check_several(arguments, len(files))
    outputs = [
        Outputs.beside(result, arguments.figure, arguments.report, arguments.export)
        for result in result_names(files, arguments.output)
    ]
    inputs = (*files, arguments.firings, arguments.units)
    for one in outputs:
        one.check(inputs)
    check_distinct(outputs)
    earlier = load_seen(arguments.units) if arguments.units else None
    check_share("--min-quality", arguments.min_quality)
    check_share("--score-threshold", arguments.score_threshold)
    check_share("--firing-threshold", arguments.firing_threshold)
    band = tuple(arguments.band) if arguments.band else None
    preparation = Preparation(band, arguments.suppress_motion, arguments.motion_order)
    emg = read_emg_units(arguments.firings, arguments.firings_rate) if arguments.firings else None
    options = {
        "model": model,
        "score_threshold": arguments.score_threshold,
        "firing_threshold": arguments.firing_threshold,
        "block_seconds": arguments.block_seconds,
        "preparation": preparation,
        "least_quality": arguments.min_quality,
        "emg_clock_fit": arguments.firings_clock == "fit",
        "one_recording": len(files) == 1,
    }
    failed = 0
    for file, one in zip(files, outputs, strict=True):
        try:
            identify_file(arguments, file, one, options, emg, earlier)
        except InputError as error:
            if len(files) == 1:
                raise
            failed += 1
            where = "" if str(file) in str(error) else f"{file}: "
            print(f"kmu: {where}{error}", file=sys.stderr)
    if failed:
        raise InputError(f"{failed} of {len(files)} recordings failed, for the reasons above")
    if len(files) > 1:
        say(f"{len(files)} recordings identified")
    return 0


def identify_file(
    arguments: argparse.Namespace,
    file: Path,
    outputs: "Outputs",
    options: dict[str, Any],
    emg: "EmgUnits | None",
    earlier: "Seen | None",
) -> None:
    """Identifies one recording and writes all of its result.

    Raises:
        InputError: if it cannot be read, identified or written.
    """
    from kmu.analysis.pipeline import analyse
    from kmu.identification.pipeline import memory_needed
    from kmu.identification.served_model import model_rate
    from kmu.progress import say
    from kmu.reading import open_recording
    from kmu.report import write_all
    from kmu.tracking.known import analyse_known

    source = open_recording(file, **reading_options(arguments))
    emg = emg and emg.later(arguments.firings_offset).within(source.duration)
    frames, depth, width = source.shape
    needed = memory_needed(source, arguments.block_seconds, model_rate(options["model"]))
    say(
        f"{file}: {frames} frames at {source.frame_rate:g} Hz "
        f"({source.duration:.3g} s), {depth * source.spacing[0]:.3g} mm deep, "
        f"{width * source.spacing[1]:.3g} mm wide; will need at most about "
        f"{needed:.0f} MiB of memory"
    )
    options = {**options, "emg_firings": emg.firings if emg else None}
    if earlier is None:
        analysis = analyse(source, **options)
    else:
        analysis, known = analyse_known(source, earlier, arguments.also_new, **options)
        say(known.summary())
    # Those about EMG go with the result too, and so to the page and every export.
    said = analysis.units.provenance["warnings"]
    said += emg.warnings if emg else ()
    if analysis.emg_clock is not None:
        say(analysis.emg_clock.sentence)
    for warning in said:
        say(f"warning: {warning}")
    written = write_all(analysis, outputs)
    dropped = f" ({analysis.dropped} more below the least quality)" if analysis.dropped else ""
    say(f"{len(analysis.units)} motor units{dropped}: {', '.join(map(str, written))}")
