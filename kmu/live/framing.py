r"""How frames travel through a pipe or a socket.

All numbers are little-endian. A stream begins with a header::

    4 bytes    b"KMU1"
    uint32     length of what follows, bytes
    JSON       {"frame_rate": 1000.0, "spacing": [0.34, 0.3], "shape": [119, 128]}

frame rate in Hz, spacing (depth, lateral) in mm, shape (Z, X) in pixels. Then come pieces::

    uint64     number of the first frame, counted from 0 at the start of the stream
    uint32     n, number of frames; 0 ends the stream
    float32    n * Z * X velocities in mm/s: frame after frame, row (depth) after row

Numbers that never come are frames that were lost.
"""

import json
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.recording import check_frame_rate, check_spacing

MAGIC = b"KMU1"
_PIECE = struct.Struct("<QI")
# Larger ones are no header, and no piece that anyone would call live: bytes.
_LONGEST_HEADER, _LARGEST_PIECE = 2**16, 2**30


class Header(NamedTuple):
    """What a stream says of its frames.

    Attributes:
        frame_rate: Hz.
        spacing: (dz, dx), mm.
        shape: (Z, X), pixels.
    """

    frame_rate: float
    spacing: tuple[float, float]
    shape: tuple[int, int]

    def packed(self) -> bytes:
        """The header as it travels."""
        text = json.dumps(self._asdict()).encode()
        return MAGIC + struct.pack("<I", len(text)) + text


def packed(first: int, frames: NDArray[np.floating]) -> bytes:
    """A piece as it travels: frames (n, Z, X) in mm/s, the first of this number; n = 0 ends."""
    return _PIECE.pack(first, len(frames)) + np.ascontiguousarray(frames, "<f4").tobytes()


def ending(first: int) -> bytes:
    """What ends a stream whose next frame would have this number."""
    return _PIECE.pack(first, 0)


def read_header(stream: BinaryIO, name: str) -> Header:
    """Reads a header.

    Raises:
        InputError: if there is none, or it says what cannot be.
    """
    start = _exactly(stream, len(MAGIC) + 4)
    if len(start) < len(MAGIC) + 4 or start[: len(MAGIC)] != MAGIC:
        raise InputError(
            f"{name} does not begin with {MAGIC.decode()} and a header: it holds no stream of "
            "frames (see the documentation of kmu stream)"
        )
    (length,) = struct.unpack("<I", start[len(MAGIC) :])
    text = _exactly(stream, min(length, _LONGEST_HEADER))
    try:
        said = json.loads(text)
        depth, width = (int(size) for size in said["shape"])
        frame_rate, spacing = float(said["frame_rate"]), tuple(said["spacing"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{name}: the header must be JSON with frame_rate, spacing [dz, dx] and shape [Z, X]"
        ) from error
    if not (0 < depth <= 4096 and 0 < width <= 4096):
        raise InputError(f"{name}: frames of {depth} x {width} pixels cannot be")
    return Header(check_frame_rate(frame_rate), check_spacing(spacing), (depth, width))


def read_pieces(
    stream: BinaryIO, shape: tuple[int, int], name: str
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yields the number of the first frame and frames (n, Z, X) until the stream ends.

    Raises:
        InputError: if it breaks off, or a piece is too large to be one.
    """
    size = 4 * shape[0] * shape[1]
    while True:
        start = _exactly(stream, _PIECE.size)
        if len(start) < _PIECE.size:
            raise InputError(f"{name} broke off: the source was stopped or killed")
        first, count = _PIECE.unpack(start)
        if not count:
            return
        if count * size > _LARGEST_PIECE:
            raise InputError(f"{name}: a piece of {count} frames cannot be; is the framing right?")
        data = _exactly(stream, count * size)
        whole = len(data) // size
        if whole:
            frames = np.frombuffer(data[: whole * size], "<f4").reshape(whole, *shape)
            yield first, frames.astype(np.float32, copy=False)
        if whole < count:
            raise InputError(
                f"{name} broke off within frame {first + whole}: the source was stopped or killed"
            )


def _exactly(stream: BinaryIO, count: int) -> bytes:
    """That many bytes; fewer only if the stream ends or its connection breaks."""
    parts, missing = [], count
    while missing:
        try:
            part = stream.read(missing)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
