"""A server in a process of its own: starting it, finding its replicas, weighing its memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

from kmu.serving.server import is_ready

# Python, Ray and TensorFlow start within seconds, on a busy machine within minutes.
_START_S = 600


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


def memory_mb(server: int) -> float:
    """Memory that the server's processes use, what they share counted once (Linux only)."""
    total = 0
    for process in processes_of(server):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cost(process: int) -> tuple[float, float]:
    """Processor time (s) and memory (MiB) of a process (Linux only)."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def start_server(model: str, port: int, *options: str, log: Path) -> subprocess.Popen[bytes]:
    """Starts ``kmu serve`` in a process of its own and waits until it is ready.

    Args:
        model: as ``--model``.
        port: as ``--port``.
        options: further options.
        log: where its output goes.

    Raises:
        RuntimeError: if it ends or is not ready within ten minutes.
    """
    command = [sys.executable, "-m", "kmu", "serve", "--model", model, "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if is_ready(f"http://127.0.0.1:{port}"):
            return process
        time.sleep(0.5)
    process.terminate()
    raise RuntimeError(f"the server did not start; the end of {log}:\n{log.read_text()[-2000:]}")
