"""A load test: many clients, recordings of mixed length, every answer checked.

``python -m kmu.studies.load_test --model saved_models/kmu`` starts a server of its own, sends
2 000 requests from 16 clients in another process, kills a replica on the way if asked to, and
prints what came of it. Answers are compared with those of ``kmu.identify`` on the same input.
"""

import argparse
import dataclasses
import http.client
import itertools
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from kmu.errors import exit_code
from kmu.identification.pipeline import identify
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.serving.client import decode, encode, post
from kmu.simulation import simulate
from kmu.studies.processes import memory_mb, replicas_of, start_server

TOLERANCE = 1e-4


@dataclasses.dataclass
class Outcome:
    """What came of a load test.

    Attributes:
        requests: sent; each is counted once, however often it was refused with 503.
        right: answered, and equal to the direct call.
        wrong: answered, but not equal.
        failed: first error of each request that got no answer.
        refused: answers 503, each retried.
        median_ms: median time of an answered request.
        p99_ms: 99th percentile of it.
        bare_ms: median time of the model alone on the same recordings, one after another.
        units: motor units in the recordings that were sent, each counted once.
        seconds: of the whole test.
        memory_mb: memory of the server's processes after each tenth of the requests.
    """

    requests: int = 0
    right: int = 0
    wrong: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)
    refused: int = 0
    median_ms: float = 0.0
    p99_ms: float = 0.0
    bare_ms: float = 0.0
    units: int = 0
    seconds: float = 0.0
    memory_mb: list[float] = dataclasses.field(default_factory=list)


def mixed_recordings(
    count: int, seconds: Sequence[float], family: str = "low_force"
) -> list[Recording]:
    """Simulated recordings whose lengths follow each other as given, no two alike."""
    lengths = itertools.islice(itertools.cycle(seconds), count)
    return [simulate(family, seed, duration=length)[0] for seed, length in enumerate(lengths)]


def units_of(
    answer: dict[str, NDArray[Any]], recording: Recording, model: ServedModel
) -> MotorUnits:
    """The units of a server's answer, chosen from its candidates as :func:`identify` does.

    Args:
        answer: outputs for the recording.
        recording: no longer than what :func:`identify` does in one piece.
        model: the one that the server runs, for its thresholds.
    """
    import tensorflow as tf

    outputs = {name: tf.constant(value[None]) for name, value in answer.items()}
    return identify(recording, dataclasses.replace(model, call=lambda **_: outputs))


def same(found: MotorUnits, expected: MotorUnits) -> bool:
    """Whether units are the same to within TOLERANCE."""
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (found.territory, expected.territory),
        (found.twitch_train, expected.twitch_train),
        (found.score, expected.score),
        *zip(found.firings, expected.firings, strict=False),
    ]
    return len(found) == len(expected) and all(
        a.shape == b.shape and np.allclose(a, b, atol=TOLERANCE) for a, b in pairs
    )


def load_test(
    port: int,
    name: str,
    model: ServedModel,
    recordings: Sequence[Recording],
    *,
    requests: int = 2000,
    clients: int = 16,
    binary: bool = True,
    server: int | None = None,
    kill_at: int | None = None,
) -> Outcome:
    """Sends requests from concurrent clients and checks every answer.

    Args:
        port: of the server on this machine.
        name: of the model in the paths.
        model: the same model, for the answers to expect.
        recordings: what is sent, in turn.
        requests: how many.
        clients: how many at a time, each on a connection of its own.
        binary: npz bodies rather than JSON rows.
        server: process id of the server, to watch its memory and to find its replicas.
        kill_at: after so many answers one replica is killed (needs ``server``).
    """
    expected = [identify(recording, model) for recording in recordings]
    bodies = [encode(recording, binary) for recording in recordings]
    outcome = Outcome(requests=requests, bare_ms=_bare_ms(model, recordings))
    outcome.units = sum(len(units) for units in expected)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(requests):
        waiting.put(number)
    times: list[float] = []
    lock = threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                connection.close()
                return
            which = number % len(recordings)
            start = time.perf_counter()
            try:
                body, refused = post(connection, name, bodies[which])
                took = time.perf_counter() - start
                found = units_of(decode(body, binary), recordings[which], model)
                right = same(found, expected[which])
            except Exception as error:
                connection.close()
                with lock:
                    outcome.failed.append(f"{type(error).__name__}: {error}")
                continue
            with lock:
                outcome.right += right
                outcome.wrong += not right
                outcome.refused += refused
                times.append(took)
                done = len(times)
                progress.advance()
                if server and done % max(requests // 10, 1) == 0:
                    outcome.memory_mb.append(memory_mb(server))
            if server and done == kill_at:
                os.kill(replicas_of(server)[0], signal.SIGKILL)

    start = time.perf_counter()
    with Progress("load test", total=requests, unit="requests") as progress:
        threads = [threading.Thread(target=client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    outcome.seconds = time.perf_counter() - start
    if times:
        outcome.median_ms = 1e3 * float(np.median(times))
        outcome.p99_ms = 1e3 * float(np.percentile(times, 99))
    return outcome


def _bare_ms(model: ServedModel, recordings: Sequence[Recording]) -> float:
    times = []
    for recording in recordings:
        start = time.perf_counter()
        model(recording.velocity, recording.frame_rate, recording.spacing)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the load test against a server of its own; returns 1 if an answer was lost or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder or name of the model")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--cores-per-replica", type=float, default=1.0)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--family", default="low_force", help="what is simulated and sent")
    parser.add_argument("--json-bodies", action="store_true", help="JSON rows instead of npz")
    parser.add_argument("--kill-at", type=int, help="kill a replica after so many answers")
    parser.add_argument("--log", type=Path, default=Path("serve.log"), help="the server's output")
    arguments = parser.parse_args(argv)
    served = load_model(arguments.model, in_batches=True)
    recordings = mixed_recordings(16, arguments.seconds, arguments.family)
    name = served.path.resolve().parent.name
    process = start_server(
        arguments.model,
        arguments.port,
        *("--replicas", str(arguments.replicas), "--name", name),
        *("--cores-per-replica", str(arguments.cores_per_replica)),
        log=arguments.log,
    )
    try:
        # More threads of linear algebra would wait in a loop on the cores that the server needs.
        with threadpool_limits(1):
            outcome = load_test(
                arguments.port,
                name,
                served,
                recordings,
                requests=arguments.requests,
                clients=arguments.clients,
                binary=not arguments.json_bodies,
                server=process.pid,
                kill_at=arguments.kill_at,
            )
    finally:
        process.terminate()
        process.wait(120)
    print(json.dumps({**dataclasses.asdict(outcome), "exit_code": process.returncode}, indent=2))
    return int(outcome.right != outcome.requests)


if __name__ == "__main__":
    sys.exit(exit_code(main))
