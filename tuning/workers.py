"""A chief and N workers on one machine: ``python -m kmu.tuning.workers --workers 2 -- OPTIONS``.

Everything after ``--`` is for ``kmu tune``. The chief hands out trials and trains nothing; workers
train. On several machines the same environment variables are set by hand or by a scheduler.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

# How long a process may take to end when another has failed.
_GRACE_S = 10


def environment(role: str, address: str, port: int) -> dict[str, str]:
    """The environment that makes a process the ``chief`` or a worker of that name."""
    return {
        **os.environ,
        "KERASTUNER_TUNER_ID": role,
        "KERASTUNER_ORACLE_IP": address,
        "KERASTUNER_ORACLE_PORT": str(port),
    }


def start(command: Sequence[str], workers: int) -> int:
    """Runs a command once as chief and several times as worker, and waits for all.

    Args:
        command: what to run, such as ``[python, -m, kmu, tune, ...]``.
        workers: how many workers.

    Returns:
        0 if the chief ended well, else the first exit code that was not 0; the others are then
        ended.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    roles = ["chief", *(f"worker{number}" for number in range(workers))]
    processes = [
        subprocess.Popen(command, env=environment(role, "127.0.0.1", port)) for role in roles
    ]
    try:
        while True:
            codes = [process.poll() for process in processes]
            failed = [code for code in codes if code]
            if failed:
                return failed[0]
            if codes[0] == 0:
                # It ends when no trial is left or running. A worker that starts only then would
                # wait an hour for it.
                _wait(processes, _GRACE_S)
                return 0
            time.sleep(0.5)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        _wait(processes, _GRACE_S)
        for process in processes:
            process.kill()
            process.wait()


def _wait(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    """Waits until all have ended, but not longer than that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(0.1)


def main(argv: Sequence[str] | None = None) -> int:
    """Starts chief and workers of ``kmu tune``."""
    parser = argparse.ArgumentParser(prog="python -m kmu.tuning.workers", description=__doc__)
    parser.add_argument("--workers", type=int, required=True, help="processes that train")
    parser.add_argument("options", nargs="*", help="for kmu tune, after --")
    arguments = parser.parse_args(argv)
    tune = [sys.executable, "-m", "kmu", "tune", *arguments.options]
    # Once, before several workers would build it at the same time.
    code = subprocess.run([*tune, "--prepare"], check=False).returncode
    return code or start(tune, arguments.workers)


if __name__ == "__main__":
    sys.exit(main())
