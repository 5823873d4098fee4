"""Find the motor units of a recording."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kmu.cli.reading import add_recording_arguments, open_from

if TYPE_CHECKING:
    from kmu.analysis.pipeline import Analysis
    from kmu.reading import RecordingSource

HELP = "find the motor units of a recording"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu identify``."""
    add_recording_arguments(parser)
    parser.add_argument(
        "--model", help="folder or name of a SavedModel; by default the one that came with kmu"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.h5", help="the result"
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


def run(arguments: argparse.Namespace) -> int:
    """Reads, identifies, then writes; nothing is written if anything is wrong."""
    from kmu.analysis.pipeline import analyse
    from kmu.identification.pipeline import memory_needed
    from kmu.identification.preparation import Preparation
    from kmu.identification.served_model import find_model, model_rate
    from kmu.progress import say
    from kmu.reading.firings import read_emg_units

    model = find_model(arguments.model)
    _check_outputs(arguments)
    band = tuple(arguments.band) if arguments.band else None
    preparation = Preparation(band, arguments.suppress_motion, arguments.motion_order)
    emg = read_emg_units(arguments.firings, arguments.firings_rate) if arguments.firings else None
    source = open_from(arguments)
    emg = emg and emg.within(source.duration)
    firings = emg.firings if emg else None
    frames, depth, width = source.shape
    say(
        f"{arguments.file}: {frames} frames at {source.frame_rate:g} Hz "
        f"({source.duration:.3g} s), {depth * source.spacing[0]:.3g} mm deep, "
        f"{width * source.spacing[1]:.3g} mm wide; will need at most about "
        f"{memory_needed(source, arguments.block_seconds, model_rate(model)):.0f} MiB of memory"
    )
    analysis = analyse(
        source,
        model,
        block_seconds=arguments.block_seconds,
        preparation=preparation,
        least_quality=arguments.min_quality,
        emg_firings=firings,
        one_recording=True,
    )
    for warning in (*source.warnings, *(emg.warnings if emg else ())):
        say(f"warning: {warning}")
    written = _write(arguments, source, analysis, model, 0 if firings is None else len(firings))
    dropped = f" ({analysis.dropped} more below the least quality)" if analysis.dropped else ""
    say(f"{len(analysis.units)} motor units{dropped}: {', '.join(map(str, written))}")
    return 0


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Refuses what would fail only after all the work is done."""
    from importlib.util import find_spec

    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.writing import written_paths

    if arguments.output.suffix not in (".h5", ".hdf5"):
        raise InputError(f"{arguments.output}: the result is HDF5, so its name must end in .h5")
    if "nwb" in arguments.export and find_spec("pynwb") is None:
        raise InputError("NWB files need pynwb: pip install 'kmu[nwb]'")
    output = arguments.output
    written = [path for form in arguments.export for path in written_paths(output, form)]
    written += [output, arguments.figure or output.with_suffix(".png")]
    written += [arguments.report or output.with_suffix(".html")]
    check_outputs(written, (arguments.file, arguments.firings))
    if not 0 <= arguments.min_quality <= 1:
        raise InputError(f"--min-quality {arguments.min_quality:g} must lie in 0 to 1")


def _write(
    arguments: argparse.Namespace,
    source: "RecordingSource",
    analysis: "Analysis",
    model: Path,
    emg_units: int,
) -> list[Path]:
    """Writes result, figure, page and exports; returns their paths."""
    from kmu.report import Report, draw_overview, overview, write_page
    from kmu.writing import write_result
    from kmu.writing.native import write_native

    output, units = arguments.output, analysis.units
    columns = analysis.columns
    emg = {} if analysis.emg_territory is None else {"territory": analysis.emg_territory}
    write_native(
        units, output, columns, emg, recording=str(arguments.file), model=_model_name(model)
    )
    figure = arguments.figure or output.with_suffix(".png")
    draw_overview(overview(analysis.power, units), figure)
    page = arguments.report or output.with_suffix(".html")
    frames, depth, width = source.shape
    report = Report(
        title=arguments.file.name,
        facts={
            "recording": f"{arguments.file.name}, {source.meta['variable']}, axes "
            f"{source.meta['axes']}, {source.meta['kind']}",
            "length": f"{source.duration:.4g} s, {frames} frames at {source.frame_rate:g} Hz",
            "image": f"{depth} x {width} pixels of {source.spacing[0]:g} x {source.spacing[1]:g} "
            "mm (depth x lateral)",
            "model": _model_name(model),
            "blocks": f"{arguments.block_seconds:g} s",
            "least quality": f"{arguments.min_quality:g}; {analysis.dropped} units dropped",
        },
        units=units,
        power=analysis.power,
        quality=analysis.quality,
        flags=analysis.flags,
        measures=analysis.measures,
        warnings=source.warnings,
        emg=analysis.emg,
        emg_units=emg_units,
        emg_territory=analysis.emg_territory,
    )
    write_page(report, page)
    exported = [write_result(units, output, form, columns) for form in arguments.export]
    return [output, figure, page, *exported]


def _model_name(model: Path) -> str:
    """Name and version of a model: its last two folders."""
    return "/".join(model.resolve().parts[-2:])
