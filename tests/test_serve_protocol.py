"""Request bodies are read exactly, and whatever is wrong with one is said in one sentence."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmu.errors import InputError
from kmu.serving.protocol import BINARY_TYPE, JSON_TYPE, read_request, write_answer
from kmu.serving.settings import ServeSettings

pytest.importorskip("orjson", reason="the extra 'serve' is not installed")
SETTINGS = ServeSettings(max_recording_mb=0.1, max_instances=3)


def row(frames=4, depth=3, width=2, **changes):
    velocity = np.arange(frames * depth * width, dtype=float).reshape(frames, depth, width)
    return {
        "velocity": velocity.tolist(),
        "frame_rate": 100.0,
        "spacing": [0.625, 0.3],
        **changes,
    }


def read(body, settings=SETTINGS):
    return read_request(json.dumps(body).encode(), JSON_TYPE, settings)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def test_rows_columns_and_binary_hold_the_same_recordings():
    rows = [row(), row(frame_rate=250.0)]
    columns = {name: [item[name] for item in rows] for name in rows[0]}
    requests = [
        read({"instances": rows}),
        read({"inputs": columns}),
        read_request(npz(**columns), BINARY_TYPE, SETTINGS),
    ]
    assert [request.form for request in requests] == ["rows", "columns", "binary"]
    for request in requests:
        for (velocity, rate, spacing), item in zip(request.items, rows, strict=True):
            np.testing.assert_array_equal(velocity, item["velocity"])
            assert velocity.dtype == np.float32
            assert rate == item["frame_rate"]
            assert spacing == pytest.approx(item["spacing"])


def test_a_recording_longer_than_a_block_is_refused_since_identify_would_give_other_units():
    assert read({"instances": [row(frames=500)]}, ServeSettings()).items[0][0].shape[0] == 500
    with pytest.raises(InputError, match=r"lasts 5\.1 s, the limit is 5 s; .*kmu identify"):
        read({"instances": [row(frames=510)]}, ServeSettings())


def test_rows_may_differ_in_length():
    request = read({"instances": [row(frames=4), row(frames=7)]})
    assert [item[0].shape[0] for item in request.items] == [4, 7]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([1, 2], "must be a JSON object"),
        ({}, "either 'instances'"),
        ({"instances": [row()], "inputs": {}}, "either 'instances'"),
        ({"instances": []}, "at least one recording"),
        ({"instances": {"velocity": 1}}, "at least one recording"),
        ({"instances": [3]}, r"instances\[0\] must be an object"),
        ({"instances": [{"velocity": [[[1]]]}]}, "must have velocity, frame_rate, spacing"),
        ({"instances": [row(extra=1)]}, "it has velocity, frame_rate, spacing, extra"),
        ({"instances": [row(velocity=[[1, 2]])]}, "it must be .time, depth, lateral."),
        ({"instances": [row(velocity=[[[1, 2], [3]]])]}, "ragged"),
        ({"instances": [row(velocity=[[["a"]]])]}, "must hold numbers"),
        ({"instances": [row(velocity=[[[True]]])]}, "must hold numbers"),
        ({"instances": [row(velocity=None)]}, "must hold numbers"),
        ({"instances": [row(velocity=[[[1e300]]])]}, "NaN or infinity"),
        ({"instances": [row(velocity=[[[]]])]}, "numbers|empty"),
        ({"instances": [row(frame_rate=0)]}, "outside 10 to 100000 Hz"),
        ({"instances": [row(frame_rate="100")]}, "frame_rate of .* must hold numbers"),
        ({"instances": [row(spacing=[0.6])]}, "not two pixel sizes"),
        ({"instances": [row(spacing=[600, 300])]}, "millimetres"),
        ({"instances": [row(frames=5000)]}, "the limit is 0.1 MB"),
        ({"instances": [row()] * 4}, "the limit is 3"),
        ({"signature_name": "train", "instances": [row()]}, "does not exist"),
        ({"inputs": [1]}, "must be an object"),
        ({"inputs": {"velocity": []}}, "lack frame_rate, spacing"),
        (
            {"inputs": {"velocity": [row()["velocity"]], "frame_rate": [], "spacing": [[1, 1]]}},
            "equally many",
        ),
    ],
)
def test_a_wrong_body_is_refused_in_one_sentence(body, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        read(body)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("body", [b"", b"{", b'{"instances": [NaN]}', b"\xff\xfe", b"[" * 5000])
def test_what_is_not_json_is_refused(body):
    with pytest.raises(InputError, match="not JSON"):
        read_request(body, JSON_TYPE, SETTINGS)


def test_nan_in_a_binary_body_is_refused():
    velocity = np.full((1, 4, 3, 2), np.nan, np.float32)
    body = npz(velocity=velocity, frame_rate=[100.0], spacing=[[1.0, 1.0]])
    with pytest.raises(InputError, match="NaN or infinity"):
        read_request(body, BINARY_TYPE, SETTINGS)


def test_headers_are_read_one_at_a_time_since_python_3_11_confuses_threads_there(monkeypatch):
    body = npz(velocity=np.ones((1, 4, 3, 2)), frame_rate=[100.0], spacing=[[1.0, 1.0]])
    read, inside, most = np.lib.format.read_array_header_1_0, [], []

    def watched(*args):
        inside.append(None)
        time.sleep(0.002)  # others come in meanwhile, if they can
        most.append(len(inside))
        inside.pop()
        return read(*args)

    monkeypatch.setattr(np.lib.format, "read_array_header_1_0", watched)
    with ThreadPoolExecutor(8) as pool:
        requests = pool.map(lambda _: read_request(body, BINARY_TYPE, SETTINGS), range(16))
    assert [len(request.items) for request in requests] == [1] * 16
    assert most == [1] * 16 * 3


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_either_order_are_read(order):
    velocity = np.arange(24.0).reshape(1, 4, 3, 2)
    columns = {"frame_rate": [100.0], "spacing": [[1.0, 1.0]]}
    body = npz(velocity=np.asarray(velocity, order=order), **columns)
    [(read, *_)] = read_request(body, BINARY_TYPE, SETTINGS).items
    np.testing.assert_array_equal(read, velocity[0])


def test_a_small_archive_that_unpacks_to_a_huge_array_is_refused_before_unpacking():
    body = npz(velocity=np.zeros((1, 1000, 100, 100)), frame_rate=[1.0], spacing=[[1.0, 1.0]])
    assert len(body) < 1e5
    with pytest.raises(InputError, match="larger than"):
        read_request(body, BINARY_TYPE, SETTINGS)


def test_pickled_objects_are_never_loaded():
    body = npz(velocity=np.array([{"a": 1}]), frame_rate=[1.0], spacing=[[1.0, 1.0]])
    with pytest.raises(InputError, match="must hold numbers"):
        read_request(body, BINARY_TYPE, SETTINGS)


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match=r"spacing\.npy"):
        read_request(npz(velocity=np.zeros(1), frame_rate=[1.0]), BINARY_TYPE, SETTINGS)


@given(st.data())
def test_damaged_archives_never_raise_anything_else(data):
    whole = npz(velocity=np.ones((1, 4, 3, 2)), frame_rate=[100.0], spacing=[[1.0, 1.0]])
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        request = read_request(bytes(damaged), BINARY_TYPE, SETTINGS)
    except InputError:
        return
    assert all(np.isfinite(item[0]).all() for item in request.items)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["instances", "inputs", "velocity", "frame_rate", "spacing"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(body):
    try:
        request = read(body)
    except InputError:
        return
    assert all(item[0].ndim == 3 for item in request.items)


def answer(value):
    return {
        "territory": np.full((2, 3, 2), value, np.float32),
        "valid": np.array([True, False]),
        "score": np.float32(value),
    }


def test_answers_come_in_the_form_of_the_request():
    rows, kind = write_answer([answer(1), answer(2)], "rows")
    predictions = json.loads(rows)["predictions"]
    assert kind == JSON_TYPE
    assert predictions[1]["territory"][0] == [[2, 2], [2, 2], [2, 2]]
    assert predictions[0]["valid"] == [True, False]
    assert predictions[0]["score"] == 1

    columns, _ = write_answer([answer(1), answer(2)], "columns")
    assert np.shape(json.loads(columns)["outputs"]["territory"]) == (2, 2, 3, 2)

    binary, kind = write_answer([answer(1), answer(2)], "binary")
    loaded = np.load(io.BytesIO(binary))
    assert kind == BINARY_TYPE
    np.testing.assert_array_equal(loaded["territory"][1], answer(2)["territory"])
    assert loaded["valid"].dtype == bool
