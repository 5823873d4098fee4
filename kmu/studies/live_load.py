"""What five minutes of a stream cost: a scanner's frames sent to ``kmu stream`` in real time.

``python -m kmu.studies.live_load --out runs/live`` writes ``live_load.json``. The sender runs in
this process, the stream in one of its own, whose processor time and memory are looked at every
second. Delays are by the clock, from the moment at which a sample was recorded to that at which its
line came out; the load of the machine is noted beside them.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.files import replacing
from kmu.identification.pipeline import identify
from kmu.identification.served_model import load_model
from kmu.live.framing import Header, ending, packed
from kmu.motor_units import MotorUnits
from kmu.simulation import simulate
from kmu.studies.live_delay import agreement
from kmu.studies.live_scanner import RATE, SHAPE, SPACING, Scanner, on_grid
from kmu.studies.processes import cost
from kmu.studies.run_facts import run_facts

_PIECE_S, _CALIBRATION_S = 0.02, 10.0
# Looks at memory and processor time count from here on, s: calibrated, caught up.
_SETTLED_S = 60.0
_PART_S = 18.0


def by_parts(found: MotorUnits, truth: MotorUnits, seconds: float) -> dict[str, float]:
    """Means of the agreement of firings over parts of ``_PART_S``, one lag a unit and part."""
    starts = np.arange(_CALIBRATION_S + 1, seconds - _PART_S, _PART_S)
    parts = [agreement(found, truth, start, start + _PART_S) for start in starts]
    return {name: round(float(np.mean([part[name] for part in parts])), 3) for name in parts[0]}


def streamed(scanner: Scanner, delay: float, out: Path) -> dict[str, Any]:
    """Sends a scanner's frames to ``kmu stream`` in real time, once it has loaded its model.

    Args:
        scanner: that is played.
        delay: s, asked of the stream.
        out: where the stream writes its units.

    Returns:
        Seconds and looks of the process, delays by the clock, and how late pieces could be sent.
    """
    command = [sys.executable, "-m", "kmu", "stream", "-", "--delay", str(delay), "-o", str(out)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    arrived: list[tuple[float, float]] = []
    looks: list[tuple[float, float, float, float]] = []
    late, size = [], round(_PIECE_S * RATE)
    process.stdin.write(Header(RATE, SPACING, SHAPE).packed())
    # More than a pipe holds: it returns when the stream has begun to read.
    process.stdin.write(packed(0, scanner.frames(0, size)))
    begun = time.monotonic() - _PIECE_S

    def read(lines: Any) -> None:
        for line in lines:
            now, times = time.monotonic() - begun, json.loads(line)["time"]
            arrived.extend((at, now) for at in times)

    reader = threading.Thread(target=read, args=(process.stdout,))
    reader.start()
    for first in range(size, scanner.shape[0], size):
        data = packed(first, scanner.frames(first, first + size))
        due = (first + size) / RATE
        time.sleep(max(begun + due - time.monotonic(), 0.0))
        late.append(time.monotonic() - begun - due)
        process.stdin.write(data)
        if not first % round(RATE):
            looks.append((due, *cost(process.pid), os.getloadavg()[0]))
    process.stdin.write(ending(scanner.shape[0]))
    process.stdin.close()
    reader.join()
    if process.wait():
        raise RuntimeError(f"kmu stream ended with {process.returncode}")
    return _told(np.array(arrived), np.array(looks), np.array(late))


def _told(
    arrived: NDArray[np.float64], looks: NDArray[np.float64], late: NDArray[np.float64]
) -> dict[str, Any]:
    """The figures of a run: (sample, arrival) in s; (time, processor, memory, load) a second."""
    settled = looks[looks[:, 0] >= _SETTLED_S]
    sample, now = arrived[arrived[:, 0] >= _SETTLED_S].T
    waited = 1000 * (now - sample)
    second = 1000 * late[round(_SETTLED_S / _PIECE_S) :]
    return {
        "seconds": round(float(looks[-1, 0])),
        "processor_s_per_s": round(float(np.ptp(settled[:, 1]) / np.ptp(settled[:, 0])), 3),
        "processor_s_before": round(float(settled[0, 1]), 1),
        "live_from_s": round(_live_from(arrived), 1),
        "delay_ms": _spread(waited),
        "sent_late_ms": _spread(second),
        "memory_mib": {
            "settled": round(float(settled[0, 2])),
            "end": round(float(settled[-1, 2])),
            "most": round(float(looks[:, 2].max())),
        },
        "load_average": {"least": float(looks[:, 3].min()), "most": float(looks[:, 3].max())},
        "processors": os.cpu_count(),
    }


def _live_from(arrived: NDArray[np.float64]) -> float:
    """s, the first sample that came within half a second."""
    soon = np.flatnonzero(arrived[:, 1] - arrived[:, 0] < 0.5)
    return float(arrived[soon[0], 0]) if len(soon) else float("nan")


def _spread(values: NDArray[np.float64]) -> dict[str, int]:
    return {
        name: round(float(np.percentile(values, share)))
        for name, share in (("median", 50), ("99", 99), ("most", 100))
    }


def text(result: dict[str, Any]) -> str:
    """What stands on the page of live, from the JSON of the results."""
    names = ("delay_ms", "sent_late_ms", "memory_mib", "load_average")
    delay, late, memory, load = (result[name] for name in names)
    against = [
        f"{row['precision']:.2f} and {row['recall']:.2f} against {name}"
        for name, row in result["against"].items()
    ]
    return (
        f"{result['frames']}, {result['units_true']} units ({result['units_found']} found, model "
        f"{result['model']}), {result['seconds']} s sent in real time, asked delay "
        f"{1000 * result['delay_asked_s']:.0f} ms: **{result['processor_s_per_s']:.2f} s of "
        f"processor time for a second of recording**; live from {result['live_from_s']:.0f} s on. "
        f"By the clock, from the moment of a sample to its line: {delay['median']} ms (median), "
        f"{delay['99']} ms (99 %), of which the pieces were sent {late['median']} and "
        f"{late['99']} ms late because the stream did not take them sooner. Memory "
        f"{memory['settled']} MiB after a minute, {memory['end']} MiB at the end, "
        f"{memory['most']} MiB at most. Firings' precision and recall: {'; '.join(against)}. The "
        f"machine has {result['processors']} processors and a load of {load['least']:.0f} to "
        f"{load['most']:.0f} meanwhile. By `{result['command']}`, {result['date']}."
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, plays, holds the firings against those of the whole recording, writes JSON."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.live_load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=911)
    parser.add_argument("--delay", type=float, default=0.1)
    parser.add_argument("--out", type=Path, default=Path("runs/live"))
    arguments = parser.parse_args(argv)
    seconds = arguments.seconds
    recording, truth = simulate(
        "moderate", arguments.seed, units=(20, 20), duration=seconds, frame_rate=100.0
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = arguments.out / "live_load.units.h5"
    told = streamed(Scanner(recording), arguments.delay, found)
    units = MotorUnits.load(found)
    print(json.dumps(told, indent=1), flush=True)
    offline = identify(recording, load_model())
    result = {
        **run_facts("python -m kmu.studies.live_load"),
        "model": model_name(load_model().path),
        "frames": "{} x {} at {:g} per second".format(*SHAPE, RATE),
        "units_true": len(truth),
        "units_found": len(units),
        **told,
        "delay_asked_s": arguments.delay,
        "against": {
            name: by_parts(on_grid(units, recording), other, seconds)
            for name, other in (("offline", offline), ("truth", truth))
        },
    }
    with replacing(arguments.out / "live_load.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
