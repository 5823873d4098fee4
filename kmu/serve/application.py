"""The Ray Serve application: an HTTP front that checks, and replicas that hold the model."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from ray import serve
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError
from ray.serve.handle import DeploymentHandle
from ray.util.metrics import Counter, Histogram

from kmu.errors import InputError
from kmu.serve.protocol import JSON_TYPE, Item, read_request, write_answer
from kmu.serve.settings import ServeSettings

# A replica that dies takes its running requests with it; they are computed again elsewhere.
_ATTEMPTS = 5
_RETRY_WAIT_S = 0.2
# Bytes of a refused body that are read and dropped, so that the client gets to see the answer.
_DRAIN_FACTOR = 8

http = FastAPI(title="kmu", openapi_url=None)


class _Refused(Exception):
    """A request that ends with a status other than 200 and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


# Before the deployments: Ray copies the globals of a class when it is made a deployment.
def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    import orjson

    return Response(orjson.dumps(body), status, media_type=JSON_TYPE)


def _error(status: int, sentence: str) -> Response:
    response = _json({"error": sentence}, status)
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response


class Model:
    """One process that holds the SavedModel and computes batches of recordings."""

    def __init__(self, folder: str, settings: dict[str, Any]) -> None:
        from kmu.serve.runner import BatchRunner

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


@serve.ingress(http)
class Front:
    """Reads and checks requests, sends their recordings to replicas, and writes answers."""

    def __init__(
        self, model: DeploymentHandle, name: str, version: int, settings: dict[str, Any]
    ) -> None:
        self._model, self._name, self._version = model, name, version
        self._settings = ServeSettings.from_dict(settings)
        self._bytes_held = 0
        self._signatures: dict[str, Any] | None = None
        self._requests = Counter(
            "kmu_requests", description="Answered requests.", tag_keys=("status",)
        )
        self._seconds = Histogram(
            "kmu_request_seconds",
            description="Time from the first byte of a request to its answer.",
            boundaries=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
        )

    @http.get("/healthz")
    async def health(self) -> Response:
        """Whether this process answers."""
        return Response("ok\n", media_type="text/plain")

    @http.get("/readyz")
    async def ready(self) -> Response:
        """Whether a replica has loaded the model and answers."""
        try:
            await asyncio.wait_for(self._model.metadata.remote(), timeout=5)
        except Exception as error:
            return Response(f"no replica answers: {type(error).__name__}\n", 503)
        return Response("ready\n", media_type="text/plain")

    @http.get("/v1/models/{name}")
    @http.get("/v1/models/{name}/versions/{version}")
    async def status(self, name: str, version: int | None = None) -> Response:
        """The state of the model."""
        refused = self._refuse_other(name, version)
        if refused:
            return refused
        entry = {
            "version": str(self._version),
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return _json({"model_version_status": [entry]})

    @http.get("/v1/models/{name}/metadata")
    @http.get("/v1/models/{name}/versions/{version}/metadata")
    async def metadata(self, name: str, version: int | None = None) -> Response:
        """The signatures of the model."""
        refused = self._refuse_other(name, version)
        if refused:
            return refused
        if self._signatures is None:
            self._signatures = await self._model.metadata.remote()
        spec = {"name": self._name, "signature_name": "", "version": str(self._version)}
        signatures = {"signature_def": {"signature_def": self._signatures}}
        return _json({"model_spec": spec, "metadata": signatures})

    @http.post("/v1/models/{name}:predict")
    @http.post("/v1/models/{name}/versions/{version}:predict")
    async def predict(self, request: Request, name: str, version: int | None = None) -> Response:
        """Identifies the motor units of the recordings in the body."""
        start = time.perf_counter()
        response = self._refuse_other(name, version) or await self._answer(request)
        self._requests.inc(tags={"status": str(response.status_code)})
        self._seconds.observe(time.perf_counter() - start)
        return response

    async def _answer(self, request: Request) -> Response:
        try:
            work = self._predict(request)
            return await asyncio.wait_for(work, timeout=self._settings.timeout_s)
        except TimeoutError:
            return _error(504, f"no answer within {self._settings.timeout_s:g} s")
        except InputError as error:
            return _error(400, str(error))
        except _Refused as refused:
            return _error(refused.status, refused.sentence)

    async def _predict(self, request: Request) -> Response:
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            if self._bytes_held + size > self._settings.max_in_flight_mb * 1e6:
                raise _Refused(503, "overloaded: too much data in flight; try again later")
            self._bytes_held += size
            held += size

        try:
            body = await self._body(request, hold)
            kind = request.headers.get("content-type", JSON_TYPE)
            parsed = await asyncio.to_thread(read_request, body, kind, self._settings)
            del body
            tasks = [asyncio.ensure_future(self._identify(item)) for item in parsed.items]
            try:
                answers = await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
            encoded, media_type = await asyncio.to_thread(write_answer, answers, parsed.form)
            return Response(encoded, media_type=media_type)
        finally:
            self._bytes_held -= held

    async def _body(self, request: Request, hold: Any) -> bytes:
        """Reads the body up to the limit, never keeping more than that."""
        limit = int(self._settings.max_body_mb * 1e6)
        chunks: list[bytes] = []
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received <= limit:
                hold(len(chunk))
                chunks.append(chunk)
            elif received > limit * _DRAIN_FACTOR:
                break
            else:
                chunks.clear()
        if received > limit:
            raise InputError(
                f"the body is larger than {self._settings.max_body_mb:g} MB; send fewer recordings"
            )
        return b"".join(chunks)

    async def _identify(self, item: Item) -> Mapping[str, Any]:
        for attempt in range(_ATTEMPTS):
            try:
                answer = await self._model.identify.remote(item)
            except BackPressureError as error:
                raise _Refused(503, "overloaded: the queue is full; try again later") from error
            except RayActorError:
                await asyncio.sleep(_RETRY_WAIT_S * 2**attempt)
                continue
            if isinstance(answer, InputError):
                raise answer
            return answer
        raise _Refused(503, "the replicas that computed this recording died; try again later")

    def _refuse_other(self, name: str, version: int | None) -> Response | None:
        if name == self._name and version in (None, self._version):
            return None
        asked = name if version is None else f"{name}, version {version}"
        here = f"{self._name}, version {self._version}"
        return _error(404, f"model {asked} is not served here; {here} is")


def build(folder: str, name: str, version: int, settings: ServeSettings) -> serve.Application:
    """Puts the front and the model's replicas together.

    Args:
        folder: version folder of the SavedModel.
        name: the model's name in the paths.
        version: its version.
        settings: sizes and limits.
    """
    plain = settings.to_dict()
    model = (
        serve.deployment(Model)
        .options(
            num_replicas=settings.replicas,
            ray_actor_options={"num_cpus": settings.cores_per_replica},
            # One batch computes while the next gathers.
            max_ongoing_requests=2 * settings.max_batch,
            max_queued_requests=settings.max_queue,
            graceful_shutdown_timeout_s=settings.shutdown_s,
            health_check_period_s=5,
            health_check_timeout_s=30,
        )
        .bind(folder, plain)
    )
    waiting = settings.max_queue + 2 * settings.max_batch * settings.replicas
    front = serve.deployment(Front)
    return front.options(
        num_replicas=1,
        ray_actor_options={"num_cpus": 0},
        # Room to refuse: a request beyond the queue must reach the front to be told so.
        max_ongoing_requests=2 * waiting + 64,
        max_queued_requests=waiting + 64,
        graceful_shutdown_timeout_s=settings.shutdown_s,
    ).bind(model, name, version, plain)
