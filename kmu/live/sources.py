"""Where the frames of ``kmu stream`` come from: a file, a pipe, a socket on this machine."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.identification.resample import FrameSource
from kmu.live.framing import Header, read_header, read_pieces
from kmu.progress import say

Pieces = Iterator[tuple[int, NDArray[np.float32]]]


class Source(Protocol):
    """Anything that gives pieces of frames with their numbers."""

    @property
    def header(self) -> Header:
        """What the frames are."""

    def pieces(self) -> Pieces:
        """Yields number of the first frame and frames (n, Z, X); raises InputError if it breaks."""

    def close(self) -> None:
        """Lets go of what it holds."""


class FileSource:
    """A recording, played.

    Args:
        recording: in its file.
        piece: length of a piece, s.
        speed: times the recording's own rate; 0 for as fast as possible.
    """

    def __init__(self, recording: FrameSource, piece: float, speed: float) -> None:
        frames, depth, width = recording.shape
        self.header = Header(recording.frame_rate, recording.spacing, (depth, width))
        self._recording, self._frames, self._speed = recording, frames, speed
        self._piece = max(round(piece * recording.frame_rate), 1)

    def pieces(self) -> Pieces:
        """A piece comes when its last frame has been recorded."""
        begun = time.monotonic()
        for first in range(0, self._frames, self._piece):
            stop = min(first + self._piece, self._frames)
            frames = self._recording.frames(first, stop)
            if self._speed:
                due = begun + stop / self.header.frame_rate / self._speed
                time.sleep(max(due - time.monotonic(), 0.0))
            yield first, frames

    def close(self) -> None:
        """Nothing is held."""


class PipeSource:
    """Standard input, or anything else that bytes can be read from.

    Args:
        stream: of bytes, with the framing of ``kmu.live.framing``.
        name: for messages.

    Raises:
        InputError: if it does not begin with a header.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name
        self.header = read_header(stream, name)

    def pieces(self) -> Pieces:
        """As they come."""
        return read_pieces(self._stream, self.header.shape, self._name)

    def close(self) -> None:
        """The stream is the caller's."""


class SocketSource(PipeSource):
    """Waits for one connection to a port of this machine, and reads from it.

    Args:
        port: 0 for any that is free; which one is said.
        patience: s to wait for the connection.

    Raises:
        InputError: if the port is taken, nobody connects, or there is no header.
    """

    def __init__(self, port: int, patience: float = 600.0) -> None:
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                raise InputError(f"port {port} cannot be listened to: {error}") from error
            server.listen(1)
            server.settimeout(patience)
            say(f"waiting for frames at 127.0.0.1:{server.getsockname()[1]}")
            try:
                self._connection, _ = server.accept()
            except TimeoutError as error:
                raise InputError(f"nobody connected to port {port} in {patience:g} s") from error
        self._connection.settimeout(None)
        self._file = cast(BinaryIO, self._connection.makefile("rb", buffering=2**20))
        try:
            super().__init__(self._file, "the connection")
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection, which also ends a read that waits."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
