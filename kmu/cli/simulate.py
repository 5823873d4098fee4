"""Simulates one recording, or one muscle again and again, with the motor units in it as truth."""

import argparse
from pathlib import Path
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
    parser.add_argument(
        "--repeat",
        type=int,
        metavar="N",
        help="N recordings of the same muscle, OUT.1.h5 to OUT.N.h5; units keep their ids",
    )
    parser.add_argument(
        "--probe-shift", type=float, metavar="MM", help="... with the probe moved by at most this"
    )
    parser.add_argument(
        "--probe-tilt", type=float, metavar="DEGREES", help="... and turned by at most this"
    )
    parser.add_argument(
        "--force-ratio",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="... at so many times the force of the first (default 1 2)",
    )


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
    moved = {
        "probe_shift": arguments.probe_shift,
        "probe_tilt": arguments.probe_tilt,
        "force_ratio": arguments.force_ratio and tuple(arguments.force_ratio),
    }
    moved = {name: value for name, value in moved.items() if value is not None}
    if arguments.repeat is not None:
        return _run_series(arguments, given, moved)
    if moved:
        raise InputError(f"--{next(iter(moved)).replace('_', '-')} needs --repeat N")
    check_outputs([arguments.output, arguments.iq, arguments.truth])
    recording, truth = simulate(arguments.preset, arguments.seed, **given)
    if arguments.iq:
        from kmu.simulation.iq import write_iq

        write_iq(arguments.iq, arguments.preset, arguments.seed, **given)
    if arguments.truth:
        truth.save(arguments.truth)
    recording.save(arguments.output)
    say(f"{len(truth)} motor units, {recording.duration:g} s, {recording.meta['snr_db']:.0f} dB")
    return None


def _run_series(
    arguments: argparse.Namespace, given: dict[str, Any], moved: dict[str, Any]
) -> None:
    """Writes the recordings of one muscle."""
    from kmu.config.repetition import RepetitionConfig
    from kmu.errors import InputError
    from kmu.files import check_outputs
    from kmu.progress import say
    from kmu.simulation import simulate_series

    count = arguments.repeat
    if count < 1:
        raise InputError(f"--repeat is {count}; it must be at least 1")
    if arguments.iq:
        raise InputError("--iq goes with one recording: leave out --repeat")
    if "force_ratio" in moved and moved["force_ratio"][0] > moved["force_ratio"][1]:
        raise InputError("--force-ratio must have the lower ratio first")
    outputs = [_numbered(arguments.output, number) for number in range(count)]
    truths = [
        _numbered(arguments.truth, number) if arguments.truth else None for number in range(count)
    ]
    check_outputs([*outputs, *truths])
    series = simulate_series(
        arguments.preset, arguments.seed, count, RepetitionConfig(**moved), **given
    )
    for output, true, (recording, truth) in zip(outputs, truths, series, strict=True):
        if true is not None:
            truth.save(true)
        recording.save(output)
        say(
            f"{output}: {len(truth)} motor units, {recording.duration:g} s, "
            f"{recording.meta['force_percent_mvc']:.2g} % MVC, {recording.meta['snr_db']:.0f} dB"
        )


def _numbered(path: str, number: int) -> Path:
    """NAME.1.h5 for NAME.h5 and the first recording, number 0."""
    return Path(path).with_suffix(f".{number + 1}{Path(path).suffix}")
