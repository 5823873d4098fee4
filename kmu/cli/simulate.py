"""Simulates one recording, with the motor units in it as truth."""

import argparse
from typing import Any

HELP = "simulate a recording and its true motor units"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu simulate``."""
    parser.add_argument("--preset", default="low_force", help="family (default: %(default)s)")
    parser.add_argument("--force", type=float, help="contraction force, %% MVC, above 0")
    parser.add_argument(
        "--ramp",
        type=float,
        metavar="SECONDS",
        help="rise from rest to the force so long, then hold",
    )
    parser.add_argument("--seconds", type=float, help="length of the recording")
    parser.add_argument("--seed", type=int, default=0, help="picks the recording")
    parser.add_argument("-o", "--output", required=True, help="recording to write (.h5)")
    parser.add_argument("--iq", help="IQ frames to write (.h5): large, 0.3 GB a second")
    parser.add_argument("--truth", help="true motor units to write (.h5)")


def run(arguments: argparse.Namespace) -> None:
    """Simulates and writes."""
    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import say
    from kmu.simulation import simulate

    changes = {"force": arguments.force, "duration": arguments.seconds}
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    if given.get("force", 1.0) <= 0:
        raise InputError(f"--force is {given['force']:g}; it must lie above 0, up to 100 % MVC")
    if arguments.ramp is not None:
        if arguments.ramp <= 0:
            raise InputError(f"--ramp is {arguments.ramp:g} s; it must be above 0")
        given["profile"] = ((0.0, 0.0), (arguments.ramp, 1.0))
    check_outputs([arguments.output, arguments.iq, arguments.truth])
    recording, truth = simulate(arguments.preset, arguments.seed, **given)
    if arguments.iq:
        from kmu.simulation.iq import write_iq

        write_iq(arguments.iq, arguments.preset, arguments.seed, **given)
    if arguments.truth:
        truth.save(arguments.truth)
    recording.save(arguments.output)
    say(f"{len(truth)} motor units, {recording.duration:g} s, {recording.meta['snr_db']:.0f} dB")
