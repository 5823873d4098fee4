"""Find the motor units of a recording."""

import argparse
from pathlib import Path

HELP = "find the motor units of a recording"


def add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what a file does not say of itself."""
    parser.add_argument("file", type=Path, help="MATLAB, NumPy or HDF5 file")
    parser.add_argument("--variable", help="name of the array; needed where several could be meant")
    parser.add_argument(
        "--axes",
        help="order of z (depth), x (lateral), t (time) as the program that wrote the file shows "
        "it, such as zxt for velocity(z, x, t) in MATLAB",
    )
    parser.add_argument("--frame-rate", type=float, metavar="HZ", help="frames per second")
    parser.add_argument(
        "--spacing", type=float, nargs=2, metavar=("DZ", "DX"), help="size of a pixel in mm"
    )
    parser.add_argument(
        "--trust-axes", action="store_true", help="do not check the order of axes against the data"
    )


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


def run(arguments: argparse.Namespace) -> int:
    """Reads, identifies, then writes; nothing is written if anything is wrong."""
    import numpy as np

    from kmu.progress import say
    from kmu.read import read_recording

    recording = read_recording(
        arguments.file,
        arguments.variable,
        arguments.axes,
        arguments.frame_rate,
        tuple(arguments.spacing) if arguments.spacing else None,
        check_axes=not arguments.trust_axes,
    )
    frames, depth, width = recording.velocity.shape
    say(
        f"{arguments.file}: {frames} frames at {recording.frame_rate:g} Hz "
        f"({recording.duration:.3g} s), {depth * recording.spacing[0]:.3g} mm deep, "
        f"{width * recording.spacing[1]:.3g} mm wide"
    )

    from kmu.identify import identify
    from kmu.report import draw_overview, overview

    units = identify(recording, arguments.model)
    units.save(arguments.output)
    figure = arguments.figure or arguments.output.with_suffix(".png")
    power = np.sqrt(np.mean(np.square(recording.velocity), axis=0))
    draw_overview(overview(power, units), figure)
    say(f"{len(units)} motor units in {arguments.output}, figure in {figure}")
    return 0
