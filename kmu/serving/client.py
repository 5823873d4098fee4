"""A small client of the server: recordings to request bodies, and answers back to arrays."""

import http.client
import io
import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.recording import Recording
from kmu.serving.protocol import BINARY_TYPE, JSON_TYPE

# An answer that means "not accepted, come again": not lost.
_BUSY = 503
_BUSY_WAIT_S = 0.2


def encode(recording: Recording, binary: bool) -> tuple[bytes, str]:
    """The request body for one recording and its content type."""
    if binary:
        buffer = io.BytesIO()
        np.savez(
            buffer,
            velocity=recording.velocity[None],
            frame_rate=np.array([recording.frame_rate], np.float32),
            spacing=np.array([recording.spacing], np.float32),
        )
        return buffer.getvalue(), BINARY_TYPE
    row = {
        "velocity": recording.velocity.tolist(),
        "frame_rate": recording.frame_rate,
        "spacing": recording.spacing,
    }
    return json.dumps({"instances": [row]}).encode(), JSON_TYPE


def decode(body: bytes, binary: bool) -> dict[str, NDArray[Any]]:
    """The outputs for the one recording of a request."""
    if binary:
        with np.load(io.BytesIO(body), allow_pickle=False) as columns:
            return {name: columns[name][0] for name in columns.files}
    prediction = json.loads(body)["predictions"][0]
    return {name: np.asarray(value) for name, value in prediction.items()}


def post(
    connection: http.client.HTTPConnection, name: str, body: tuple[bytes, str]
) -> tuple[bytes, int]:
    """Posts a request, again after a while as long as the server is overloaded.

    Args:
        connection: to the server; kept open.
        name: of the model.
        body: and its content type, from :func:`encode`.

    Returns:
        The body of the answer, and how often the server was overloaded before.

    Raises:
        RuntimeError: if the answer is neither 200 nor 503.
    """
    refused = 0
    while True:
        headers = {"Content-Type": body[1]}
        connection.request("POST", f"/v1/models/{name}:predict", body[0], headers)
        response = connection.getresponse()
        content = response.read()
        if response.status == 200:
            return content, refused
        if response.status != _BUSY:
            raise RuntimeError(f"{response.status}: {content[:200]!r}")
        refused += 1
        time.sleep(_BUSY_WAIT_S)
