"""What the delay of a stream costs, and what a stream costs the processor.

``python -m kmu.studies.live_delay --out runs/live`` writes JSON and a figure. Processor time is
that of the whole process, whatever else runs; delays are by the stream's own time.
"""

import argparse
import datetime
import itertools
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu._version import __version__
from kmu.errors import exit_code
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.match import match_units
from kmu.files import replacing
from kmu.identification.pipeline import identify
from kmu.live.collecting import Collecting
from kmu.live.model import Model
from kmu.live.stream import Stream
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.simulation import simulate

DELAYS = (0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
_CALIBRATION_S, _PIECE_S, _WITHIN_S = 10.0, 0.02, 0.01


def streamed(
    recording: Recording, model: Model, delay: float, times: int = 1
) -> tuple[MotorUnits, dict[str, Any]]:
    """The units of a stream, and what it cost.

    Args:
        recording: played as fast as possible in pieces of 20 ms.
        model: with which.
        delay: s.
        times: every frame becomes so many, drawn straight between: a faster scanner's.
    """
    rate = recording.frame_rate * times
    stream = Stream(rate, recording.spacing, delay=delay, calibration=_CALIBRATION_S, model=model)
    collected, delays, memory = Collecting(stream.model_rate), [], []
    size = round(_PIECE_S * recording.frame_rate)
    used = 0.0
    share = (np.arange(times, dtype=np.float32) / times)[:, None, None]
    velocity = np.concatenate([recording.velocity, recording.velocity[-1:]])
    for first in range(0, len(recording.velocity), size):
        part = velocity[first : first + size + 1]
        frames = np.concatenate([a + share * (b - a) for a, b in itertools.pairwise(part)])
        following = first >= (_CALIBRATION_S + 1) * recording.frame_rate
        begun = time.process_time()
        pieces = stream.push(frames)
        if following:
            used += time.process_time() - begun
            delays += [piece.delay for piece in pieces if len(piece.time)]
            memory.append(_resident())
        for piece in pieces:
            collected.add(piece, stream.units)
    for piece in stream.close():
        collected.add(piece, stream.units)
    units = collected.units({})
    assert units is not None
    seconds = len(recording.velocity) / recording.frame_rate - _CALIBRATION_S - 1
    return units, {
        "processor_s_per_s": round(used / seconds, 3),
        "delay_median_s": round(float(np.median(delays)), 4),
        "delay_99_s": round(float(np.percentile(delays, 99)), 4),
        "memory_mib_after_calibration": round(memory[0]),
        "memory_mib_at_end": round(memory[-1]),
        "memory_mib_most": round(float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)),
        "recalibrations": stream.counts.recalibrations,
        "units": len(units),
    }


def drifting(recording: Recording, speed: float, farthest: float) -> Recording:
    """The recording with an image that begins to move sideways 2 s after the calibration.

    Args:
        recording: to be moved.
        speed: mm/s.
        farthest: mm, where it stays.
    """
    velocity = recording.velocity.copy()
    for k, frame in enumerate(velocity):
        seconds = k / recording.frame_rate - _CALIBRATION_S - 2
        moved = min(max(seconds, 0.0) * speed, farthest)
        velocity[k] = ndimage.shift(
            frame, (0, moved / recording.spacing[1]), order=1, mode="nearest"
        )
    return Recording(velocity, recording.frame_rate, recording.spacing)


def agreement(found: MotorUnits, truth: MotorUnits, start: float, stop: float) -> dict[str, Any]:
    """Firings of units that match, from ``start`` to ``stop`` (s), all units together."""
    frames = found.twitch_train.shape[1]
    matching = match_units(found, _with_frames(truth, frames, found.frame_rate))
    pairs = list(zip(matching.found, matching.truth, strict=True))
    matched = given = true = 0
    for f, t in pairs:
        one, other = (
            _between(times, start, stop) for times in (found.firings[f], truth.firings[t])
        )
        matched += rate_of_agreement(one, other, _WITHIN_S).matched
        given, true = given + len(one), true + len(other)
    return {
        "units_matched": len(pairs),
        "precision": round(matched / max(given, 1), 3),
        "recall": round(matched / max(true, 1), 3),
    }


def _between(times: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    return times[(times >= start) & (times < stop)]


def _with_frames(units: MotorUnits, frames: int, frame_rate: float) -> MotorUnits:
    """The same territories and firings on another time axis, without trains."""
    return MotorUnits(
        territory=units.territory,
        twitch_train=np.zeros((len(units), frames), np.float32),
        firings=units.firings,
        score=units.score,
        frame_rate=frame_rate,
        spacing=units.spacing,
        ids=units.ids,
    )


def _resident() -> float:
    """MiB in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def draw(result: dict[str, Any], path: Path) -> None:
    """Draws precision and recall against the delay into a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), dpi=90, layout="constrained")
    for axes, against in zip(figure.subplots(1, 2, sharey=True), ("offline", "truth"), strict=True):
        for name, mark in (("precision", "o"), ("recall", "s")):
            points = [(1000 * row["delay_s"], row[against][name]) for row in result["delays"]]
            axes.plot(*zip(*points, strict=True), marker=mark, label=name)
        axes.set(xlabel="delay (ms)", ylim=(0, 1.02), title=f"firings against {against}")
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    with replacing(path) as temporary:
        figure.savefig(temporary)


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, streams at every delay, writes JSON and the figure."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.live_delay", description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=901)
    parser.add_argument("--commit", default="", help="noted in the result")
    parser.add_argument("--out", type=Path, default=Path("runs/live"))
    arguments = parser.parse_args(argv)
    model, stop = Model.load(), arguments.seconds - 1
    changes: dict[str, Any] = {"duration": arguments.seconds, "frame_rate": 200.0}
    recording, truth = simulate("moderate", arguments.seed, units=(18, 22), **changes)
    offline = identify(recording, model.served)
    rows, at_100_ms = [], offline
    with Progress("streaming", len(DELAYS) + 1, "streams") as progress:
        for delay in DELAYS:
            units, cost = streamed(recording, model, delay)
            against = {
                name: agreement(units, other, _CALIBRATION_S + 1, stop)
                for name, other in (("offline", offline), ("truth", truth))
            }
            rows.append({"delay_s": delay, **against, **cost})
            at_100_ms = units if delay == 0.1 else at_100_ms
            progress.advance()
        moving, _ = streamed(drifting(recording, 0.125, 2.0), model, 0.1)
        drift = {
            name: agreement(units, truth, stop - 8, stop)
            for name, units in (("still", at_100_ms), ("moved by 2 mm", moving))
        }
        changes |= {"depth_pixels": 119, "lateral_pixels": 128, "spacing": (0.34, 0.3)}
        large, _ = simulate("moderate", arguments.seed + 10, units=(20, 20), **changes)
        _, load = streamed(large, model, 0.1, times=5)
        progress.advance()
    result = {
        "command": f"python -m kmu.studies.live_delay --seconds {arguments.seconds:g}",
        "version": __version__,
        "commit": arguments.commit,
        "date": datetime.date.today().isoformat(),
        "delays": rows,
        "drift": drift,
        "load": {"frames": "119 x 128 at 1000 per second", **load},
    }
    with replacing(arguments.out / "live_delay.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    draw(result, arguments.out / "live_delay.png")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
