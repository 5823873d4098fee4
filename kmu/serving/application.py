"""The Ray Serve application: replicas that hold the model and compute batches of recordings."""

import asyncio
import time
from typing import Any

from ray import serve
from ray.util.metrics import Histogram

from kmu.serving.protocol import Item
from kmu.serving.settings import ServeSettings


class Model:
    """One process that holds the SavedModel and computes batches of recordings."""

    def __init__(self, folder: str, settings: dict[str, Any]) -> None:
        from kmu.serving.runner import BatchRunner

        self._settings = ServeSettings.from_dict(settings)
        self._model = BatchRunner(folder, threads=max(1, round(self._settings.cores_per_replica)))
        self._model.warm_up()
        self._seconds = Histogram(
            "kmu_model_seconds",
            description="Time of the model for one batch.",
            boundaries=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
        )
        self._compute.set_max_batch_size(self._settings.max_batch)
        self._compute.set_batch_wait_timeout_s(self._settings.batch_wait_ms / 1000)

    async def identify(self, item: Item) -> Any:
        """Returns the outputs for one recording, or the InputError that explains why not."""
        return await self._compute(item)

    @serve.batch(max_batch_size=1, batch_wait_timeout_s=0.0)
    async def _compute(self, items: list[Item]) -> list[Any]:
        start = time.perf_counter()
        # In a thread, so that health checks are answered while the model computes.
        answers = await asyncio.to_thread(self._model.answer, items)
        self._seconds.observe(time.perf_counter() - start)
        return answers

    def metadata(self) -> dict[str, Any]:
        """The signatures of the model."""
        return self._model.metadata()


def build(folder: str, settings: ServeSettings) -> serve.Application:
    """The model's replicas, to be run by Ray Serve.

    Args:
        folder: version folder of the SavedModel.
        settings: sizes and limits.
    """
    deployment = serve.deployment(Model).options(
        num_replicas=settings.replicas,
        ray_actor_options={"num_cpus": settings.cores_per_replica},
        # One batch computes while the next gathers.
        max_ongoing_requests=2 * settings.max_batch,
        max_queued_requests=settings.max_queue,
        graceful_shutdown_timeout_s=settings.shutdown_s,
        health_check_period_s=5,
        health_check_timeout_s=30,
        # A line a request would fill the disk of a server that runs for months.
        logging_config={"enable_access_log": False},
    )
    return deployment.bind(folder, settings.to_dict())
