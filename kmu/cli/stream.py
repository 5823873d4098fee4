"""Follow the motor units of a contraction while it lasts.

The first seconds show which units there are; then a line of JSON comes out for every piece of
trains and firings, or a picture of the last ten seconds (--view). Frames come from a recording's
file, played at its own rate, from standard input, or from a connection to a port of this machine;
their framing is in the documentation (live.md).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kmu.cli.options import add_analysis_options, add_model_option
from kmu.cli.reading import add_reading_options, reading_options

if TYPE_CHECKING:
    from kmu.live.collecting import Collecting
    from kmu.live.pieces import Piece
    from kmu.live.sources import Source
    from kmu.live.stream import Stream

# A played file comes in pieces of this length, s.
_PIECE_S = 0.02
HELP = "follow units live: a played file, standard input, a socket"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu stream``."""
    parser.add_argument(
        "file", nargs="?", help="recording to play, or - for frames from standard input"
    )
    parser.add_argument(
        "--listen",
        type=int,
        metavar="PORT",
        help="take frames from one connection to this port of 127.0.0.1 instead (0: any free one)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="N",
        help="play the file at N times its own rate; 0: as fast as possible (default 1)",
    )
    parser.add_argument(
        "--delay",
        type=float,
        default=0.1,
        metavar="S",
        help="trains and firings come this long after their frames, s (default 0.1)",
    )
    parser.add_argument(
        "--calibration",
        type=float,
        default=10.0,
        metavar="S",
        help="the first seconds, of which the units are found (default 10)",
    )
    parser.add_argument(
        "--units", type=Path, metavar="UNITS.h5", help="units that are known, on the same pixels"
    )
    add_model_option(parser)
    add_analysis_options(parser, only=("score_threshold", "firing_threshold"))
    parser.add_argument(
        "--no-recalibration",
        action="store_true",
        help="keep to the first units, even if others become active",
    )
    parser.add_argument(
        "--view", action="store_true", help="rates and firings of the last 10 s, instead of JSON"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.h5", help="also write all units at the end"
    )
    add_reading_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Follows a source until it ends; 1 if it broke off."""
    import sys

    from kmu.files import check_outputs
    from kmu.live.collecting import Collecting
    from kmu.live.playing import play
    from kmu.live.stream import Stream
    from kmu.live.view import View
    from kmu.live.writing import line
    from kmu.motor_units import MotorUnits
    from kmu.progress import say
    from kmu.reading.single import inputs_of

    given = arguments.file if arguments.file not in (None, "-") else None
    file = Path(given) if given else None
    check_outputs([arguments.output], inputs_of(file, arguments.units, arguments.model))
    units = MotorUnits.load(arguments.units) if arguments.units else None
    source = _source(arguments)
    try:
        stream = Stream(
            source.header.frame_rate,
            source.header.spacing,
            delay=arguments.delay,
            calibration=arguments.calibration,
            units=units,
            model=arguments.model,
            recalibrate=not arguments.no_recalibration,
            # As fast as possible, the same file must always give the same.
            background=given is None or arguments.speed > 0,
            score_threshold=arguments.score_threshold,
            firing_threshold=arguments.firing_threshold,
        )
    except BaseException:
        source.close()
        raise
    view = View(sys.stdout, stream.counts) if arguments.view else None
    collected = Collecting(stream.model_rate) if arguments.output else None

    def use(piece: "Piece") -> None:
        if collected is not None:
            collected.add(piece, stream.units)
        if view is not None:
            view.add(piece)
            return
        for text in piece.notes:
            say(text)
        print(line(piece), flush=True)

    played = play(source, stream, use)
    if view is not None:
        view.draw()
    say(played.sentence())
    if collected is not None:
        _save(collected, stream, arguments)
    return 0 if played.broken is None else 1


def _source(arguments: argparse.Namespace) -> "Source":
    """Where the frames come from."""
    import sys

    from kmu.errors import InputError
    from kmu.live.sources import FileSource, PipeSource, SocketSource
    from kmu.reading import open_recording

    if (arguments.file is None) == (arguments.listen is None):
        raise InputError("give a file to play, - for standard input, or --listen PORT: one of them")
    if arguments.listen is not None:
        return SocketSource(arguments.listen)
    if arguments.file == "-":
        return PipeSource(sys.stdin.buffer, "standard input")
    if not 0 <= arguments.speed <= 100:
        raise InputError(f"--speed {arguments.speed:g} must lie in 0 to 100")
    recording = open_recording(Path(arguments.file), **reading_options(arguments))
    return FileSource(recording, _PIECE_S, arguments.speed)


def _save(collected: "Collecting", stream: "Stream", arguments: argparse.Namespace) -> None:
    """Writes all units, if there were any."""
    from kmu._version import __version__
    from kmu.progress import say

    units = collected.units(
        {
            "kmu": __version__,
            "method": "kmu stream",
            "source": arguments.file or f"port {arguments.listen}",
            "delay_s": arguments.delay,
            "warnings": collected.notes,
        }
    )
    if units is None:
        say(f"{arguments.output} is not written: the stream ended before its calibration")
        return
    units.save(arguments.output)
    say(f"{len(units)} motor units: {arguments.output}")
