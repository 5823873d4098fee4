"""The server, as a client sees it: right answers, one sentence for wrong requests, no crash."""

import http.client
import json
import signal
import socket
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.util import find_spec

import numpy as np
import pytest
from running_server import (
    PATIENCE_S,
    Server,
    halted_replicas,
    is_listening,
    kmu_serve,
    noise,
    npz,
    wait_until,
)
from stand_in_model import write_stand_in

from kmu.identification.served_model import load_model
from kmu.serving.client import decode, encode
from kmu.serving.protocol import BINARY_TYPE, JSON_TYPE
from kmu.studies.load_test import load_test, mixed_recordings
from kmu.studies.processes import replicas_of

pytestmark = [
    pytest.mark.slow,
    *(
        pytest.mark.skipif(find_spec(name) is None, reason="the extra 'serve' is not installed")
        for name in ("ray", "uvicorn", "starlette", "orjson")
    ),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("models") / "stand_in" / "1")


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    server = Server(model.parent, tmp_path_factory.mktemp("serve") / "serve.log")
    yield server
    server.process.terminate()
    server.process.wait(PATIENCE_S)


def test_health_readiness_and_state(server):
    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz")[0] == 200
    status, body = server.get("/v1/models/kmu")
    assert status == 200
    state = json.loads(body)["model_version_status"]
    assert [(item["version"], item["state"]) for item in state] == [("1", "AVAILABLE")]


def test_metadata_names_inputs_and_outputs_as_tensorflow_serving_does(server):
    status, body = server.get("/v1/models/kmu/metadata")
    parsed = json.loads(body)
    signature = parsed["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert status == 200
    assert parsed["model_spec"] == {"name": "kmu", "signature_name": "", "version": "1"}
    sizes = [dim["size"] for dim in signature["inputs"]["velocity"]["tensor_shape"]["dim"]]
    assert (signature["inputs"]["velocity"]["dtype"], sizes) == ("DT_FLOAT", ["-1"] * 4)
    assert signature["outputs"]["valid"]["dtype"] == "DT_BOOL"
    assert signature["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize("path", ["/v1/models/other", "/v1/models/kmu/versions/7"])
def test_another_model_or_version_is_404(server, path):
    assert server.get(path)[0] == 404
    status, body = server.predict({"instances": []}, path=f"{path}:predict")
    assert status == 404
    assert "is not served here" in json.loads(body)["error"]


@pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])
def test_answers_equal_the_model(server, model, binary):
    recording = noise()
    status, body = server.predict(*encode(recording, binary))
    answer = decode(body, binary)
    direct = load_model(model)(recording.velocity, recording.frame_rate, recording.spacing)
    valid = answer["valid"].astype(bool)
    assert status == 200
    assert len(valid) >= 64
    assert 0 < valid.sum() < len(valid)
    for name, value in direct.items():
        np.testing.assert_allclose(answer[name], value, atol=1e-4)


def test_column_form_and_version_path(server):
    recordings = [noise(seed=seed) for seed in (1, 2)]
    columns = {
        "velocity": [item.velocity.tolist() for item in recordings],
        "frame_rate": [item.frame_rate for item in recordings],
        "spacing": [item.spacing for item in recordings],
    }
    status, body = server.predict({"inputs": columns}, path="/v1/models/kmu/versions/1:predict")
    outputs = json.loads(body)["outputs"]
    assert status == 200
    for index, recording in enumerate(recordings):
        alone = decode(server.predict(*encode(recording, True))[1], True)
        for name, value in alone.items():
            np.testing.assert_allclose(outputs[name][index], value, atol=1e-4)


def test_rows_of_mixed_length_come_back_in_order(server):
    rows = []
    for frames in (10, 30, 20):
        item = noise(frames)
        rows.append({"velocity": item.velocity.tolist(), "frame_rate": 100, "spacing": [1, 1]})
    status, body = server.predict({"instances": rows})
    lengths = [len(item["twitch_train"][0]) for item in json.loads(body)["predictions"]]
    assert (status, lengths) == (200, [10, 30, 20])


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"{", JSON_TYPE, "not JSON"),
        ({"instances": []}, JSON_TYPE, "at least one"),
        (b"PK", BINARY_TYPE, "not a readable npz"),
        (npz(np.full((1, 9, 8, 8), np.nan, np.float32)), BINARY_TYPE, "NaN or infinity"),
        (npz(np.zeros((1, 300, 32, 32), np.float32)), BINARY_TYPE, "the limit is 1 MB"),
        (b"x" * 3_000_000, BINARY_TYPE, "larger than 1.5 MB"),
        (b"x" * 20_000_000, JSON_TYPE, "larger than 1.5 MB"),
        (encode(noise(rate=60_000.0), True)[0], BINARY_TYPE, "frame rate too high"),
    ],
    ids=["json", "empty", "npz", "nan", "large", "body", "huge body", "refused by the model"],
)
def test_a_wrong_request_is_400_with_one_sentence(server, body, kind, sentence):
    status, answer = server.predict(body, kind)
    assert status == 400
    message = json.loads(answer)["error"]
    assert sentence in message
    assert "\n" not in message


def test_a_client_that_hangs_up_disturbs_nobody(server):
    body, kind = encode(noise(), True)
    for _ in range(5):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.putrequest("POST", "/v1/models/kmu:predict")
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[: len(body) // 2])
        connection.close()
    assert server.predict(body, kind)[0] == 200


def test_overload_is_503_and_what_was_accepted_is_answered(server):
    body = encode(noise(), True)
    with ThreadPoolExecutor(40) as pool:
        with halted_replicas(server):
            # Two replicas take four each, three wait in the queue: most are refused, and only
            # refused ones can end while the replicas hold still.
            running = [pool.submit(server.predict, *body) for _ in range(40)]
            status, answer = next(as_completed(running, timeout=PATIENCE_S)).result()
            assert status == 503
            assert "overloaded" in json.loads(answer)["error"]
        assert {item.result()[0] for item in running} == {200, 503}
    assert server.predict(*body)[0] == 200


def test_metrics_count_the_requests(server):
    server.predict(b"{")
    server.predict(*encode(noise(), True))

    def counted():
        url = f"http://127.0.0.1:{server.metrics_port}/metrics"
        text = urllib.request.urlopen(url, timeout=PATIENCE_S).read().decode()
        lines = [line for line in text.splitlines() if line.startswith("ray_kmu_requests_total")]
        return all(any(f'status="{status}"' in line for line in lines) for status in (200, 400))

    wait_until(counted)  # Ray exports every ten seconds


def test_a_load_of_mixed_requests_survives_the_death_of_a_replica(server, model):
    recordings = mixed_recordings(7, [0.3, 0.5, 1.0], "tiny")
    before = set(replicas_of(server.process.pid))
    outcome = load_test(
        server.port,
        "kmu",
        load_model(model),
        recordings,
        requests=120,
        clients=8,
        server=server.process.pid,
        kill_at=30,
    )
    assert (outcome.right, outcome.wrong, outcome.failed) == (120, 0, [])
    assert outcome.units > 0
    assert before - set(replicas_of(server.process.pid)), "no replica died"


def test_sigterm_ends_running_requests_and_leaves_with_code_0(server):
    body, kind = encode(noise(), True)
    head = (
        "POST /v1/models/kmu:predict HTTP/1.1\r\nHost: kmu\r\nExpect: 100-continue\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(head.encode())
        # Said when the server begins to read the body: from now on the request is running.
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(server.port))
        connection.sendall(body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 200
        assert decode(response.read(), True)["valid"].any()
    assert server.process.wait(PATIENCE_S) == 0
    log = server.log.read_text()
    assert "Exception in ASGI application" not in log
    assert "raylet" not in log.partition("stopping")[2]


def test_a_taken_port_is_exit_code_2(model):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = kmu_serve("--model", str(model), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot listen" in done.stderr


def test_a_missing_model_is_exit_code_2(tmp_path):
    done = kmu_serve("--model", str(tmp_path))
    assert done.returncode == 2
    assert "holds no SavedModel" in done.stderr
