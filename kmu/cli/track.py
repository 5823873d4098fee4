"""Match the motor units of several recordings of one muscle, each match with its probability."""

import argparse
from pathlib import Path

HELP = "match units of several recordings of a muscle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu track``."""
    parser.add_argument(
        "results", type=Path, nargs="+", metavar="RESULT.h5", help="of kmu identify, two or more"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="TRACKED.h5", help="the tracked units"
    )
    parser.add_argument(
        "--figure", type=Path, metavar="PNG", help="the figure; by default TRACKED.png"
    )
    parser.add_argument(
        "--like-force",
        action="store_true",
        help="all were recorded at about the same force: discharge rates count too",
    )
    parser.add_argument(
        "--min-probability",
        type=float,
        default=0.5,
        metavar="P",
        help="less likely pairs are no match (default 0.5)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Matches, then writes result, tables and figure."""
    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import say
    from kmu.report.overview import check_figure_name
    from kmu.report.tracks import save_tracks
    from kmu.tracking.pipeline import track
    from kmu.writing.tracks import tracks_paths, write_tracks

    output, results = arguments.output, arguments.results
    if output.suffix not in (".h5", ".hdf5"):
        raise InputError(f"{output}: the result is HDF5, so its name must end in .h5")
    if len({path.resolve() for path in results}) < len(results):
        raise InputError("a result is given twice: its units would be matched with themselves")
    figure = arguments.figure or output.with_suffix(".png")
    check_figure_name(figure)
    check_outputs([*tracks_paths(output), figure], results)
    tracks = track(results, arguments.like_force, arguments.min_probability)
    write_tracks(tracks, output)
    save_tracks(tracks, figure)
    for r, seen in enumerate(tracks.seen):
        here = tracks.index[:, r] >= 0
        alone = tracks.ids[here & (tracks.recordings == 1), r]
        left = ", ".join(map(str, sorted(alone))) or "none"
        again = int((here & (tracks.recordings > 1)).sum())
        say(f"{seen.name}: {again} of {int(here.sum())} units found again; without a match: {left}")
    say(", ".join(map(str, [*tracks_paths(output), figure])))
    return 0
