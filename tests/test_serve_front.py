"""The HTTP front alone, with made-up replicas: what clients see when something goes wrong."""

import asyncio
import io
import json

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.serving.protocol import BINARY_TYPE
from kmu.serving.settings import ServeSettings

for name in ("ray.serve", "starlette", "orjson"):
    pytest.importorskip(name, reason="the extra 'serve' is not installed")

from ray.exceptions import RayActorError  # noqa: E402
from ray.serve.exceptions import BackPressureError  # noqa: E402

from kmu.serving import front as front_module  # noqa: E402

ANSWER = {"score": np.ones(3, np.float32)}


class Replicas:
    """Stands for a handle: each call takes the next outcome; None never ends."""

    def __init__(self, *outcomes):
        self.outcomes, self.calls, self.cancelled = list(outcomes), 0, 0
        self.identify = self.metadata = self

    def remote(self, *_):
        outcome = self.outcomes[min(self.calls, len(self.outcomes) - 1)]
        self.calls += 1
        return Call(self, outcome)


class Call:
    def __init__(self, replicas, outcome):
        self.replicas, self.outcome = replicas, outcome

    def __await__(self):
        if self.outcome is None:
            yield from asyncio.Event().wait().__await__()
        if isinstance(self.outcome, Exception) and not isinstance(self.outcome, InputError):
            raise self.outcome
        return self.outcome

    def cancel(self):
        self.replicas.cancelled += 1


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    monkeypatch.setattr(front_module, "_RETRY_WAIT_S", 0.0)


def body():
    buffer = io.BytesIO()
    velocity = np.ones((1, 4, 30, 30), np.float32)
    np.savez(buffer, velocity=velocity, frame_rate=[100.0], spacing=[[1.0, 1.0]])
    return buffer.getvalue()


def ask(replicas, *, hangs_up=None, path="/v1/models/kmu:predict", method="POST", **limits):
    """Sends one request to a front; returns status, headers and body."""
    settings = ServeSettings(**limits)
    application = front_module.Front(replicas, "kmu", 1, settings).application()
    sent = []
    parts = [{"type": "http.request", "body": body(), "more_body": hangs_up == "early"}]

    async def receive():
        if parts:
            return parts.pop()
        if hangs_up is None:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b""}
    scope["headers"] = [(b"content-type", BINARY_TYPE.encode())]
    asyncio.run(application(scope, receive, send))
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


def test_an_answer():
    status, _, content = ask(Replicas(ANSWER))
    assert status == 200
    np.testing.assert_array_equal(np.load(io.BytesIO(content))["score"], np.ones((1, 3)))


def test_what_a_dead_replica_was_computing_is_computed_again():
    replicas = Replicas(RayActorError(), RayActorError(), ANSWER)
    assert ask(replicas)[0] == 200
    assert replicas.calls == 3


def test_replicas_that_keep_dying_are_503():
    status, headers, content = ask(Replicas(RayActorError()))
    assert (status, headers["retry-after"]) == (503, "1")
    assert "died" in json.loads(content)["error"]


def test_a_full_queue_is_503():
    status, headers, content = ask(
        Replicas(BackPressureError(num_queued_requests=3, max_queued_requests=3))
    )
    assert (status, headers["retry-after"]) == (503, "1")
    assert "queue is full" in json.loads(content)["error"]


def test_too_much_data_in_flight_is_503():
    replicas = Replicas(ANSWER)
    status, headers, content = ask(replicas, max_in_flight_mb=0.01)
    assert (status, headers["retry-after"]) == (503, "1")
    assert "too much data in flight" in json.loads(content)["error"]
    assert replicas.calls == 0


def test_what_the_model_refuses_is_400():
    status, _, content = ask(Replicas(InputError("the model refuses the recording: too short")))
    assert status == 400
    assert json.loads(content) == {"error": "the model refuses the recording: too short"}


def test_an_unforeseen_error_is_an_answer_that_is_counted(monkeypatch):
    counted = []
    monkeypatch.setattr(
        front_module.Counter, "inc", lambda self, tags: counted.append(tags["status"])
    )
    status, _, content = ask(Replicas(MemoryError("no memory")))
    assert status == 500
    assert "MemoryError" in json.loads(content)["error"]
    assert counted == ["500"]


def test_no_answer_in_time_is_504_and_is_given_up():
    replicas = Replicas(None)
    status, _, content = ask(replicas, timeout_s=0.1)
    assert status == 504
    assert "no answer within 0.1 s" in json.loads(content)["error"]
    assert replicas.cancelled == 1


@pytest.mark.parametrize(("when", "cancelled"), [("early", 0), ("late", 1)])
def test_nothing_is_computed_for_a_client_that_has_hung_up(when, cancelled):
    replicas = Replicas(None)
    assert ask(replicas, hangs_up=when)[0] == 499
    assert replicas.cancelled == replicas.calls == cancelled


def test_not_ready_while_no_replica_answers():
    status, _, content = ask(Replicas(RayActorError()), path="/readyz", method="GET")
    assert status == 503
    assert b"no replica answers" in content
