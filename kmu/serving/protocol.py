"""Request bodies to recordings and answers to bodies: the REST format of TensorFlow Serving.

Row form ``{"instances": [{"velocity": (T, Z, X), "frame_rate": r, "spacing": [dz, dx]}, ...]}`` is
answered by ``{"predictions": [{...}, ...]}``; column form ``{"inputs": {"velocity": (B, T, Z, X),
"frame_rate": [...], "spacing": [[dz, dx], ...]}}`` by ``{"outputs": {...}}``. Beyond TensorFlow
Serving, a NumPy ``.npz`` archive of the three columns is taken and answered in kind: a tenth of
the size of JSON. Source: https://www.tensorflow.org/tfx/serving/api_rest
"""

import io
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.served_model import INPUTS, SIGNATURE
from kmu.recording import check_frame_rate, check_spacing
from kmu.serving.settings import ServeSettings

JSON_TYPE = "application/json"
BINARY_TYPE = "application/x-npz"
_BINARY_TYPES = (BINARY_TYPE, "application/octet-stream", "application/zip")

# NumPy reads headers with ``ast``, which in Python 3.11 confuses threads that do so at once:
# "AST constructor recursion depth mismatch", python/cpython issue 106905.
_ONE_HEADER = threading.Lock()

Form = Literal["rows", "columns", "binary"]
# (T, Z, X) float32 velocity in mm/s, frame rate in Hz, (dz, dx) in mm.
Item = tuple[NDArray[np.float32], float, tuple[float, float]]


@dataclass(frozen=True)
class Request:
    """The recordings of one request and the form in which they came.

    Attributes:
        items: one (velocity, frame rate, spacing) a recording.
        form: rows or columns of JSON, or binary columns; the answer has the same form.
    """

    items: Sequence[Item]
    form: Form


def read_request(body: bytes, content_type: str, settings: ServeSettings) -> Request:
    """Reads and checks a request body.

    Args:
        body: as received.
        content_type: the header; decides between JSON and binary.
        settings: the limits on instances and size.

    Raises:
        InputError: if anything about the body is wrong; the message goes into the answer.
    """
    kind = content_type.split(";")[0].strip().lower()
    if kind in _BINARY_TYPES:
        columns: Mapping[str, Any] = _read_npz(body, settings)
        return Request(_items_of_columns(columns, settings), "binary")
    parsed = _read_json(body)
    signature = parsed.get("signature_name", SIGNATURE)
    if signature != SIGNATURE:
        raise InputError(f"signature_name {signature!r} does not exist; it is {SIGNATURE!r}")
    if ("instances" in parsed) == ("inputs" in parsed):
        raise InputError("the body must have either 'instances' (rows) or 'inputs' (columns)")
    if "inputs" in parsed:
        return Request(_items_of_columns(parsed["inputs"], settings), "columns")
    rows = parsed["instances"]
    if not isinstance(rows, list) or not rows:
        raise InputError("'instances' must be a list of at least one recording")
    _check_count(len(rows), settings)
    return Request([_item(row, f"instances[{i}]", settings) for i, row in enumerate(rows)], "rows")


def write_answer(answers: Sequence[Mapping[str, NDArray[Any]]], form: Form) -> tuple[bytes, str]:
    """Encodes the outputs of all recordings of a request.

    Args:
        answers: for each recording, output name to array without the batch axis.
        form: as the request came.

    Returns:
        The body and its content type.

    Raises:
        InputError: if a column form is asked of answers that differ in shape.
    """
    import orjson

    if form == "rows":
        body = {"predictions": [_contiguous(answer) for answer in answers]}
        return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), JSON_TYPE
    columns = {name: np.stack([answer[name] for answer in answers]) for name in answers[0]}
    if form == "columns":
        return orjson.dumps({"outputs": columns}, option=orjson.OPT_SERIALIZE_NUMPY), JSON_TYPE
    buffer = io.BytesIO()
    np.savez(buffer, **columns)  # type: ignore[arg-type]
    return buffer.getvalue(), BINARY_TYPE


def _contiguous(answer: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    # A scalar array is no array to the JSON encoder.
    return {
        name: np.ascontiguousarray(value) if np.ndim(value) else value.item()
        for name, value in answer.items()
    }


def _read_json(body: bytes) -> dict[str, Any]:
    import orjson

    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"the body is not JSON: {error} (NaN and Infinity are not JSON numbers)"
        ) from error
    if not isinstance(parsed, dict):
        raise InputError("the body must be a JSON object with 'instances' or 'inputs'")
    return parsed


def _read_npz(body: bytes, settings: ServeSettings) -> dict[str, NDArray[Any]]:
    """Reads the three arrays, looking at their declared sizes before making room for them."""
    limit = settings.max_recording_mb * 1e6 * settings.max_instances
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            columns = {}
            for name in INPUTS:
                with archive.open(f"{name}.npy") as member:
                    shape, order, dtype = _npy_header(member)
                    if dtype.hasobject or not np.issubdtype(dtype, np.number):
                        raise InputError(f"{name} holds {dtype} values; it must hold numbers")
                    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
                    if size > limit:
                        raise InputError(
                            f"{name} of shape {shape} is larger than {limit:.0f} bytes"
                        )
                    values = np.frombuffer(member.read(size), dtype)
                    columns[name] = values.reshape(shape, order=order)
            return columns
    except KeyError as error:
        raise InputError(f"the npz archive lacks {error.args[0]!r}") from error
    except InputError:
        raise
    except Exception as error:  # zipfile and zlib raise a dozen kinds on damaged bytes
        raise InputError(f"the body is not a readable npz archive: {error}") from error


def _npy_header(member: Any) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    version = np.lib.format.read_magic(member)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise InputError(f"npy format version {version} is not supported; write version 1.0")
    with _ONE_HEADER:
        shape, columns_first, dtype = readers[version](member)
    return shape, "F" if columns_first else "C", dtype


def _items_of_columns(columns: Any, settings: ServeSettings) -> list[Item]:
    if not isinstance(columns, Mapping):
        raise InputError(f"'inputs' must be an object with {', '.join(INPUTS)}")
    missing = [name for name in INPUTS if name not in columns]
    if missing:
        raise InputError(f"inputs lack {', '.join(missing)}")
    velocity = _numbers(columns["velocity"], "velocity", 4, "(batch, time, depth, lateral)")
    count = len(velocity)
    if not count:
        raise InputError("velocity holds no recording: its batch axis is empty")
    _check_count(count, settings)
    rates = _numbers(columns["frame_rate"], "frame_rate", 1, "(batch)")
    spacings = _numbers(columns["spacing"], "spacing", 2, "(batch, 2)")
    if not count == len(rates) == len(spacings):
        raise InputError(
            f"{count} recordings, {len(rates)} frame rates and {len(spacings)} spacings: "
            "they must be equally many"
        )
    rows = zip(velocity, rates, spacings, strict=True)
    return [
        _item(dict(zip(INPUTS, row, strict=True)), f"recording {i}", settings)
        for i, row in enumerate(rows)
    ]


def _item(row: Any, where: str, settings: ServeSettings) -> Item:
    """Checks one recording."""
    if not isinstance(row, Mapping):
        raise InputError(f"{where} must be an object with {', '.join(INPUTS)}")
    missing = [name for name in INPUTS if name not in row]
    unknown = [name for name in row if name not in INPUTS]
    if missing or unknown:
        raise InputError(f"{where} must have {', '.join(INPUTS)}; it has {', '.join(row)}")
    velocity = _numbers(row["velocity"], f"velocity of {where}", 3, "(time, depth, lateral)")
    if 0 in velocity.shape:
        raise InputError(f"velocity of {where} is empty: its shape is {velocity.shape}")
    megabytes = velocity.size * 4 / 1e6
    if megabytes > settings.max_recording_mb:
        raise InputError(
            f"velocity of {where} is {megabytes:.1f} MB, the limit is "
            f"{settings.max_recording_mb:g} MB; send it in parts or lower its rate"
        )
    if not np.isfinite(velocity).all():
        raise InputError(f"velocity of {where} holds NaN or infinity; repair or cut it out")
    rate = _numbers(row["frame_rate"], f"frame_rate of {where}", 0, "a number")
    spacing = _numbers(row["spacing"], f"spacing of {where}", 1, "[dz, dx]")
    frame_rate = check_frame_rate(float(rate))
    seconds = len(velocity) / frame_rate
    if seconds > settings.max_seconds:
        raise InputError(
            f"velocity of {where} lasts {seconds:.1f} s, the limit is {settings.max_seconds:g} s; "
            "send it in parts, or use kmu identify, which follows units across parts"
        )
    return velocity, frame_rate, check_spacing(spacing)  # type: ignore[arg-type]


def _numbers(value: Any, name: str, axes: int, meaning: str) -> NDArray[np.float32]:
    """Converts nested lists or an array to float32 with the given number of axes."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} is ragged: its rows differ in length") from error
    if array.dtype == bool or not np.issubdtype(array.dtype, np.number):
        raise InputError(f"{name} must hold numbers, as {meaning}")
    if np.iscomplexobj(array):
        raise InputError(f"{name} is complex; convert IQ frames to velocity first")
    if array.ndim != axes:
        raise InputError(f"{name} has shape {array.shape}; it must be {meaning}")
    with np.errstate(over="ignore"):
        return np.asarray(array, np.float32, order="C")


def _check_count(count: int, settings: ServeSettings) -> None:
    if count > settings.max_instances:
        raise InputError(
            f"{count} recordings in one request, the limit is {settings.max_instances}; send fewer"
        )
