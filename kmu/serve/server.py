"""Starting and stopping the server."""

import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from kmu.errors import InputError
from kmu.progress import say
from kmu.serve.runner import model_version
from kmu.serve.settings import ServeSettings

APPLICATION = "kmu"


@contextmanager
def serving(
    model: str | None,
    settings: ServeSettings,
    *,
    cluster: str | None = None,
    name: str | None = None,
    metrics_port: int | None = None,
) -> Iterator[str]:
    """Serves a model while the block runs, and ends running requests before it leaves.

    SIGTERM and SIGINT raise KeyboardInterrupt in the block, so this is for the main thread.

    Args:
        model: base path, version folder or name of the model.
        settings: sizes and limits.
        cluster: address of a running Ray cluster (``auto``); None starts one on this machine.
        name: the model's name in the paths; its folder's name unless given.
        metrics_port: where Prometheus finds the metrics of a cluster started here.

    Yields:
        The server's address, ``http://host:port``.

    Raises:
        InputError: if the model or the extra ``serve`` is missing.
    """
    found, version, folder = model_version(model)
    # Anonymous reports to Ray's makers are opt-in here.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray import serve

        from kmu.serve.application import build
    except ImportError as error:
        raise InputError(f"kmu serve needs {error.name}; run: pip install 'kmu[serve]'") from error
    if cluster:
        ray.init(address=cluster)
    else:
        # Replicas may share cores; reserving more than there are would never start them.
        wanted = int(settings.replicas * settings.cores_per_replica) + 1
        ray.init(
            include_dashboard=False,
            num_cpus=max(wanted, os.cpu_count() or 1),
            _metrics_export_port=metrics_port,
        )
    # After ray.init, whose own handlers would end the process at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        serve.start(
            http_options={
                "host": settings.host,
                "port": settings.port,
                # The front answers 504 itself; this is for a front that hangs.
                "request_timeout_s": settings.timeout_s + 10,
            }
        )
        application = build(str(folder), name or found, version, settings)
        serve.run(application, name=APPLICATION, route_prefix="/")
        yield f"http://{settings.host}:{settings.port}"
    finally:
        say("stopping: running requests end first")
        try:
            # Waits for running requests, which a shutdown at once would cut off.
            serve.delete(APPLICATION)
            serve.shutdown()
        finally:
            ray.shutdown()


def serve_until_stopped(
    model: str | None,
    settings: ServeSettings,
    *,
    cluster: str | None = None,
    name: str | None = None,
    metrics_port: int | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then ends running requests and returns.

    Args: as :func:`serving`.
    """
    try:
        with serving(
            model, settings, cluster=cluster, name=name, metrics_port=metrics_port
        ) as address:
            say(f"serving at {address} (ready: {is_ready(address)}); stop with Ctrl-C or SIGTERM")
            if metrics_port:
                say(f"metrics for Prometheus at http://{settings.host}:{metrics_port}/metrics")
            threading.Event().wait()
    except KeyboardInterrupt:
        say("stopped")


def is_ready(address: str) -> bool:
    """Whether the server at an address says that it is ready."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
