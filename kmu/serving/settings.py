"""The limits and sizes of a server, in one place."""

from dataclasses import dataclass

from kmu.config import Config, parameter


@dataclass(frozen=True)
class ServeSettings(Config):
    """How a model is served: where, with how many replicas, and within which limits.

    Raises:
        InputError: if a value is outside its range.
    """

    host: str = parameter("127.0.0.1", "address to listen on; 0.0.0.0 for every interface")
    port: int = parameter(8501, "port to listen on", low=1, high=65535)
    replicas: int = parameter(1, "processes that each hold the model", low=1, high=1000)
    cores_per_replica: float = parameter(
        1.0, "CPU cores that a replica reserves and computes with", low=0.1, high=256
    )
    max_batch: int = parameter(4, "recordings of equal shape computed together", low=1, high=256)
    batch_wait_ms: float = parameter(
        0.0,
        "how long a recording waits for others to join its batch, beyond the time that the "
        "batch before it takes",
        unit="ms",
        low=0,
        high=1000,
    )
    max_body_mb: float = parameter(
        64.0, "largest request body; a larger one is refused", unit="MB", low=0.01, high=2000
    )
    max_recording_mb: float = parameter(
        64.0,
        "largest recording as float32; a larger one is refused",
        unit="MB",
        low=0.01,
        high=2000,
    )
    max_seconds: float = parameter(
        5.0,
        "longest recording; a longer one is refused, since kmu identify cuts it in blocks of this "
        "length and would give other units",
        unit="s",
        low=0.1,
        high=3600,
    )
    max_instances: int = parameter(32, "recordings in one request", low=1, high=1024)
    max_queue: int = parameter(
        64, "recordings that wait for a replica; further ones get 503", low=1, high=100000
    )
    max_in_flight_mb: float = parameter(
        512.0, "sum of all request bodies held at a time", unit="MB", low=0.01, high=100000
    )
    timeout_s: float = parameter(
        60.0, "longest time for one request, then 504", unit="s", low=0.1, high=3600
    )
    shutdown_s: float = parameter(
        20.0, "how long running requests may take to end at shutdown", unit="s", low=0, high=3600
    )
