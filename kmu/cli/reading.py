"""The arguments that say which recording is meant and what its file does not say of itself."""

import argparse
from typing import Any


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what a file does not say of itself."""
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
        "--kind",
        choices=("velocity", "displacement", "iq", "rf"),
        help="what the file holds; velocity unless the file says otherwise",
    )
    parser.add_argument(
        "--unit",
        help="of velocity (mm/s unless said: cm/s, m/s, um/s, mm/frame, ...) or of "
        "displacement (mm unless said: um, m)",
    )
    parser.add_argument(
        "--centre-frequency", type=float, metavar="HZ", help="of the pulse, for IQ and RF"
    )
    parser.add_argument(
        "--sound-speed", type=float, metavar="M/S", help="for IQ and RF (1540 unless said)"
    )
    parser.add_argument(
        "--estimator",
        choices=("kasai", "loupas"),
        default="kasai",
        help="of velocity from IQ and RF; loupas also follows the echo's centre frequency",
    )
    parser.add_argument(
        "--scale",
        type=float,
        nargs=2,
        metavar=("FACTOR", "OFFSET"),
        help="of stored whole numbers: velocity = FACTOR * value + OFFSET",
    )
    parser.add_argument(
        "--iq-pairs", action="store_true", help="I and Q alternate along depth in real IQ frames"
    )
    parser.add_argument(
        "--trust-axes", action="store_true", help="do not check the order of axes against the data"
    )


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What :func:`add_reading_options` was told, as ``kmu.reading.open_recording`` takes it."""
    return {
        "variable": arguments.variable,
        "axes": arguments.axes,
        "frame_rate": arguments.frame_rate,
        "spacing": tuple(arguments.spacing) if arguments.spacing else None,
        "kind": arguments.kind,
        "unit": arguments.unit,
        "centre_frequency": arguments.centre_frequency,
        "sound_speed": arguments.sound_speed,
        "estimator": arguments.estimator,
        "scale": tuple(arguments.scale) if arguments.scale else None,
        "iq_pairs": arguments.iq_pairs,
        "check_axes": not arguments.trust_axes,
    }
