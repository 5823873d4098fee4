"""A load test: many clients, recordings of mixed length, every answer checked.

``python -m kmu.serve.load_test --model saved_models/kmu`` starts a server of its own, sends
2 000 requests from 16 clients in another process, kills a replica on the way if asked to, and
prints what came of it. Answers are compared with :func:`kmu.identify.identify` on the same input.
"""

import argparse
import dataclasses
import http.client
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.firings import firings_from_probability
from kmu.identify import identify
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.serve.protocol import BINARY_TYPE, JSON_TYPE
from kmu.serve.settings import ServeSettings
from kmu.served_model import ServedModel, load_model

TOLERANCE = 1e-4
# Answers that mean "not accepted, come again": not lost, and retried as a good client would.
_BUSY = 503


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
    seconds: float = 0.0
    memory_mb: list[float] = dataclasses.field(default_factory=list)


def mixed_recordings(
    count: int, seconds: Sequence[float], size: int, rng: np.random.Generator
) -> list[Recording]:
    """Recordings of noise of mixed length at 100 Hz, no two alike, (size, size) pixels."""
    return [
        Recording(
            rng.standard_normal((round(100 * seconds[i % len(seconds)]), size, size), np.float32),
            100.0,
            (0.625, 0.625),
        )
        for i in range(count)
    ]


def encode(recording: Recording, binary: bool) -> tuple[bytes, str]:
    """The request body for one recording and its content type."""
    if binary:
        buffer = io.BytesIO()
        np.savez(
            buffer,
            velocity=recording.velocity[None],
            frame_rate=np.array([recording.frame_rate], np.float32),
            spacing=np.array([recording.spacing], np.float32),
        )
        return buffer.getvalue(), BINARY_TYPE
    row = {
        "velocity": recording.velocity.tolist(),
        "frame_rate": recording.frame_rate,
        "spacing": recording.spacing,
    }
    return json.dumps({"instances": [row]}).encode(), JSON_TYPE


def decode(body: bytes, binary: bool) -> dict[str, NDArray[Any]]:
    """The outputs for the one recording of a request."""
    if binary:
        with np.load(io.BytesIO(body), allow_pickle=False) as columns:
            return {name: columns[name][0] for name in columns.files}
    prediction = json.loads(body)["predictions"][0]
    return {name: np.asarray(value) for name, value in prediction.items()}


def same(
    answer: dict[str, NDArray[Any]], expected: MotorUnits, thresholds: dict[str, float]
) -> bool:
    """Whether an answer holds the units that :func:`identify` found, to within TOLERANCE."""
    keep = answer["valid"].astype(bool) & (answer["score"] >= thresholds["score"])
    firings = firings_from_probability(
        answer["firing_probability"][keep], expected.frame_rate, thresholds["firing"]
    )
    order = np.argsort(-answer["score"][keep], kind="stable")
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (np.clip(answer["territory"][keep][order], 0, 1), expected.territory),
        (answer["twitch_train"][keep][order], expected.twitch_train),
        (np.clip(answer["score"][keep][order], 0, 1), expected.score),
        *zip([firings[k] for k in order], expected.firings, strict=False),
    ]
    return len(order) == len(expected) and all(
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
                body, refused = _post(connection, name, bodies[which])
                took = time.perf_counter() - start
                right = same(decode(body, binary), expected[which], model.thresholds)
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
                    outcome.memory_mb.append(_memory_mb(server))
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


def _post(
    connection: http.client.HTTPConnection, name: str, body: tuple[bytes, str]
) -> tuple[bytes, int]:
    """Posts until the answer is not 503; returns it and how often it was 503."""
    refused = 0
    while True:
        headers = {"Content-Type": body[1]}
        connection.request("POST", f"/v1/models/{name}:predict", body[0], headers)
        response = connection.getresponse()
        content = response.read()
        if response.status == 200:
            return content, refused
        if response.status != _BUSY:
            raise RuntimeError(f"{response.status}: {content[:200]!r}")
        refused += 1
        time.sleep(0.2)


def _bare_ms(model: ServedModel, recordings: Sequence[Recording]) -> float:
    times = []
    for recording in recordings:
        start = time.perf_counter()
        model(recording.velocity, recording.frame_rate, recording.spacing)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def processes_of(server: int) -> dict[int, str]:
    """The server's process and all that it started: id to title (Linux only)."""
    found = {}
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":", 1) for line in (folder / "status").read_text().splitlines()
            )
            parents[int(folder.name)] = int(status["PPid"])
            found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
        except (OSError, ValueError, KeyError):
            continue  # it ended meanwhile

    def descends(process: int) -> bool:
        while process > 1:
            if process == server:
                return True
            process = parents.get(process, 0)
        return False

    return {process: title for process, title in found.items() if descends(process)}


def replicas_of(server: int) -> list[int]:
    """Process ids of the replicas that hold the model."""
    titles = processes_of(server)
    return [process for process, title in titles.items() if "ServeReplica:kmu:Model" in title]


def _memory_mb(server: int) -> float:
    """Memory that the server's processes use, what they share counted once (Linux only)."""
    total = 0
    for process in processes_of(server):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def start_server(model: str, port: int, *options: str, log: Path) -> subprocess.Popen[bytes]:
    """Starts ``kmu serve`` in a process of its own and waits until it is ready.

    Args:
        model: as ``--model``.
        port: as ``--port``.
        options: further options.
        log: where its output goes.

    Raises:
        RuntimeError: if it ends or is not ready within two minutes.
    """
    from kmu.serve.server import is_ready

    command = [sys.executable, "-m", "kmu", "serve", "--model", model, "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT)
    for _ in range(240):
        if process.poll() is not None:
            break
        if is_ready(f"http://127.0.0.1:{port}"):
            return process
        time.sleep(0.5)
    process.terminate()
    raise RuntimeError(f"the server did not start; the end of {log}:\n{log.read_text()[-2000:]}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the load test against a server of its own; returns 1 if an answer was lost or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder or name of the model")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--size", type=int, default=64, help="pixels along depth and lateral")
    parser.add_argument("--json-bodies", action="store_true", help="JSON rows instead of npz")
    parser.add_argument("--kill-at", type=int, help="kill a replica after so many answers")
    parser.add_argument("--log", type=Path, default=Path("serve.log"), help="the server's output")
    arguments = parser.parse_args(argv)
    served = load_model(arguments.model)
    recordings = mixed_recordings(16, arguments.seconds, arguments.size, np.random.default_rng(0))
    name = served.path.resolve().parent.name
    process = start_server(
        arguments.model,
        arguments.port,
        *("--replicas", str(arguments.replicas), "--name", name),
        *("--max-queue", str(ServeSettings.max_queue)),
        log=arguments.log,
    )
    try:
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
    sys.exit(main())
