"""Starting and stopping the server."""

import io
import math
import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from kmu.errors import InputError
from kmu.progress import say
from kmu.serving.runner import model_version
from kmu.serving.settings import ServeSettings

APPLICATION = "kmu"
# Ray gives its own processes half a minute to start, which is not enough on a busy machine.
_RAY_STARTS = 5
# Idle connections are kept so long; load balancers keep theirs for a minute.
_KEEP_ALIVE_S = 75


def serve_until_stopped(
    model: str | None,
    settings: ServeSettings,
    *,
    cluster: str | None = None,
    name: str | None = None,
    metrics_port: int | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then ends running requests and returns; for the main thread.

    Args:
        model: base path, version folder or name of the model.
        settings: sizes and limits.
        cluster: address of a running Ray cluster (``auto``); None starts one on this machine.
        name: the model's name in the paths; its folder's name unless given.
        metrics_port: where Prometheus finds the metrics of a cluster started here.

    Raises:
        InputError: if the model or the extra ``serve`` is missing, or the port is taken.
    """
    found, version, folder = model_version(model)
    # Anonymous reports to Ray's makers are opt-in here.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: F401
        import uvicorn

        from kmu.serving.front import Front
    except ImportError as error:
        raise InputError(f"kmu serve needs {error.name}; run: pip install 'kmu[serve]'") from error

    class HttpServer(uvicorn.Server):
        """Ends running requests at the first signal, and stops at once at the second."""

        should_exit: bool

        def handle_exit(self, *_: Any) -> None:
            self.force_exit = self.should_exit
            self.should_exit = True

    try:
        with _bound(settings) as listener, _replicas(folder, settings, cluster, metrics_port) as up:
            address = f"http://{settings.host}:{settings.port}"
            say(f"serving {name or found} at {address}; stop with Ctrl-C or SIGTERM")
            if metrics_port:
                say(f"metrics for Prometheus at http://{settings.host}:{metrics_port}/metrics")
            config = uvicorn.Config(
                Front(up, name or found, version, settings).application(),
                lifespan="off",
                access_log=False,
                log_level="warning",
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
            )
            HttpServer(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    say("stopped")


@contextmanager
def _bound(settings: ServeSettings) -> Iterator[socket.socket]:
    """A socket that has its port but refuses connections until somebody listens."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise InputError(
                f"cannot listen at {settings.host}:{settings.port}: {error.strerror}; "
                "choose another --port or --host"
            ) from error
        yield listener


@contextmanager
def _replicas(
    folder: Path, settings: ServeSettings, cluster: str | None, metrics_port: int | None
) -> Iterator[Any]:
    """Runs the model's replicas on Ray Serve, and yields the handle to call them by."""
    import ray
    from ray import serve

    from kmu.serving.application import build

    if cluster:
        ray.init(address=cluster, log_to_driver=False)
    else:
        _start_ray(settings, metrics_port)
    # After ray.init, whose own handlers would end the process at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        # Ray's own proxies stay off: the front is here.
        serve.start(proxy_location="Disabled")
        yield serve.run(build(str(folder), settings), name=APPLICATION, route_prefix=None)
    finally:
        say("stopping")
        # Ray says on standard output that its own tasks, which it is asked to end, have failed.
        with redirect_stdout(io.StringIO()):
            try:
                serve.delete(APPLICATION)
                serve.shutdown()
            finally:
                ray.shutdown()


def _start_ray(settings: ServeSettings, metrics_port: int | None) -> None:
    """Starts Ray on this machine, with room for all replicas."""
    import ray

    # Replicas may share cores; reserving more than there are would never start them.
    wanted = int(settings.replicas * settings.cores_per_replica) + 1
    # Ray's workers step back behind everything else; here they are what the machine is for.
    os.environ.setdefault("RAY_worker_niceness", "0")
    for attempt in range(1, _RAY_STARTS + 1):
        try:
            ray.init(
                include_dashboard=False,
                # What replicas and TensorFlow say is in Ray's own files.
                log_to_driver=False,
                num_cpus=max(wanted, os.cpu_count() or 1),
                _metrics_export_port=metrics_port,
            )
            return
        except Exception as error:  # Ray has no narrower one for a start that took too long
            ray.shutdown()
            if attempt == _RAY_STARTS:
                raise
            say(f"Ray did not start ({str(error).splitlines()[0]}); trying again")


def is_ready(address: str) -> bool:
    """Whether the server at an address says that it is ready."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
