"""The HTTP front: reads and checks requests, has replicas compute them, and writes answers."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError
from ray.serve.handle import DeploymentHandle
from ray.util.metrics import Counter, Histogram
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kmu.errors import InputError
from kmu.serving.protocol import JSON_TYPE, Item, read_request, write_answer
from kmu.serving.settings import ServeSettings

_log = logging.getLogger(__name__)
# A replica that dies takes its running requests with it; they are computed again elsewhere.
_ATTEMPTS = 5
_RETRY_WAIT_S = 0.2
# Of the front to a client that has gone: seen by nobody, but counted.
_CLIENT_GONE = 499


class _Refused(Exception):
    """A request that ends with a status other than 200 and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Front:
    """Answers HTTP requests with what the replicas of a model compute.

    It runs in the process of ``kmu serve`` itself, so that a recording is copied once, from here
    to the replica that computes it, and not through a proxy first.

    Args:
        model: handle of the replicas.
        name: the model's name in the paths.
        version: its version.
        settings: the limits.
    """

    def __init__(
        self, model: DeploymentHandle, name: str, version: int, settings: ServeSettings
    ) -> None:
        self._model, self._name, self._version = model, name, version
        self._settings = settings
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

    def application(self) -> Starlette:
        """The ASGI application with all paths."""
        routes = [
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
        ]
        for path in ("/v1/models/{name}", "/v1/models/{name}/versions/{version:int}"):
            # The longest first: a name may hold a colon.
            routes.append(Route(f"{path}:predict", self.predict, methods=["POST"]))
            routes.append(Route(f"{path}/metadata", self.metadata))
            routes.append(Route(path, self.status))
        return Starlette(routes=routes)

    async def health(self, _: Request) -> Response:
        """Whether this process answers."""
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        """Whether a replica has loaded the model and answers."""
        try:
            await asyncio.wait_for(self._model.metadata.remote(), timeout=5)
        except Exception as error:
            return PlainTextResponse(f"no replica answers: {type(error).__name__}\n", 503)
        return PlainTextResponse("ready\n")

    async def status(self, request: Request) -> Response:
        """The state of the model."""
        refused = self._refuse_other(request)
        if refused:
            return refused
        entry = {
            "version": str(self._version),
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return _json({"model_version_status": [entry]})

    async def metadata(self, request: Request) -> Response:
        """The signatures of the model."""
        refused = self._refuse_other(request)
        if refused:
            return refused
        if self._signatures is None:
            self._signatures = await self._model.metadata.remote()
        spec = {"name": self._name, "signature_name": "", "version": str(self._version)}
        signatures = {"signature_def": {"signature_def": self._signatures}}
        return _json({"model_spec": spec, "metadata": signatures})

    async def predict(self, request: Request) -> Response:
        """Identifies the motor units of the recordings in the body."""
        start = time.perf_counter()
        response = self._refuse_other(request) or await self._answer(request)
        await self._drain(request)
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
        except ClientDisconnect:
            return _error(_CLIENT_GONE, "the client hung up")
        except Exception as error:  # whatever else it is, the client gets an answer that is counted
            _log.exception("a request failed")
            return _error(500, f"the server failed: {type(error).__name__}; see its log")

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
            answers = await self._identify_all(parsed.items, request)
            encoded, media_type = await asyncio.to_thread(write_answer, answers, parsed.form)
            return Response(encoded, media_type=media_type)
        finally:
            self._bytes_held -= held

    async def _body(self, request: Request, hold: Callable[[int], None]) -> bytes:
        """Reads the body, up to the limit."""
        limit = self._settings.max_body_mb
        chunks: list[bytes] = []
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit * 1e6:
                raise InputError(f"the body is larger than {limit:g} MB; send fewer recordings")
            hold(len(chunk))
            chunks.append(chunk)
        return b"".join(chunks)

    async def _drain(self, request: Request) -> None:
        """Reads and drops what is left of a body: a client looks at the answer when all is sent."""
        # It has gone, it is too slow, or nothing is left.
        with contextlib.suppress(ClientDisconnect, TimeoutError, RuntimeError):
            async with asyncio.timeout(self._settings.timeout_s):
                async for _ in request.stream():
                    pass

    async def _identify_all(
        self, items: Sequence[Item], request: Request
    ) -> list[Mapping[str, Any]]:
        """All recordings of a request, unless its client leaves: then nothing is computed on."""
        work = asyncio.ensure_future(self._identify_each(items))
        # After the body the only thing left to receive is that the client has gone.
        gone = asyncio.ensure_future(request.receive())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ClientDisconnect
            return work.result()
        finally:
            work.cancel()
            gone.cancel()

    async def _identify_each(self, items: Sequence[Item]) -> list[Mapping[str, Any]]:
        tasks = [asyncio.ensure_future(self._identify(item)) for item in items]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _identify(self, item: Item) -> Mapping[str, Any]:
        for attempt in range(_ATTEMPTS):
            response = self._model.identify.remote(item)
            try:
                answer = await response
            except BackPressureError as error:
                raise _Refused(503, "overloaded: the queue is full; try again later") from error
            except RayActorError:
                await asyncio.sleep(_RETRY_WAIT_S * 2**attempt)
                continue
            except asyncio.CancelledError:
                response.cancel()
                raise
            if isinstance(answer, InputError):
                raise answer
            return answer
        raise _Refused(503, "the replicas that computed this recording died; try again later")

    def _refuse_other(self, request: Request) -> Response | None:
        name, version = request.path_params["name"], request.path_params.get("version")
        if name == self._name and version in (None, self._version):
            return None
        asked = name if version is None else f"{name}, version {version}"
        here = f"{self._name}, version {self._version}"
        return _error(404, f"model {asked} is not served here; {here} is")


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type=JSON_TYPE)


def _error(status: int, sentence: str) -> Response:
    response = _json({"error": sentence}, status)
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response
