"""A server as a process of its own, and what a test does with it."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import numpy as np

from kmu.recording import Recording
from kmu.serving.protocol import JSON_TYPE
from kmu.studies.processes import replicas_of, start_server

# Everything waits for a condition; this only ends a test that would hang.
PATIENCE_S = 180


class Server:
    """A running ``kmu serve`` with the stand-in model and tight limits."""

    def __init__(self, folder, log):
        self.port, self.metrics_port = free_port(), free_port()
        self.folder, self.log = folder, log
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = start_server(
            str(folder),
            self.port,
            *("--replicas", "2", "--max-queue", "3", "--max-batch", "2", "--name", "kmu"),
            *("--max-body-mb", "1.5", "--max-recording-mb", "1", "--max-instances", "4"),
            *("--timeout-s", str(PATIENCE_S), "--shutdown-s", str(PATIENCE_S)),
            *("--metrics-port", str(self.metrics_port)),
            log=log,
        )

    def get(self, path):
        return answer_of(urllib.request.Request(self.address + path))

    def predict(self, body, kind=JSON_TYPE, path="/v1/models/kmu:predict"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind}
        return answer_of(urllib.request.Request(self.address + path, data, headers))


def answer_of(request):
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def halted_replicas(server):
    """Replicas hold still, so that what a client sends meanwhile piles up."""
    replicas = replicas_of(server.process.pid)
    for replica in replicas:
        os.kill(replica, signal.SIGSTOP)
    try:
        yield
    finally:
        for replica in replicas:
            os.kill(replica, signal.SIGCONT)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def noise(frames=30, size=24, rate=100.0, seed=0):
    rng = np.random.default_rng(seed)
    velocity = rng.standard_normal((frames, size, size), np.float32)
    return Recording(velocity, rate, (0.625, 0.625))


def npz(velocity):
    buffer = io.BytesIO()
    np.savez(buffer, velocity=velocity, frame_rate=[100.0], spacing=[[1.0, 1.0]])
    return buffer.getvalue()


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
    except ConnectionError:
        return False
    return True


def kmu_serve(*options):
    command = [sys.executable, "-m", "kmu", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)
