"""From a source through a stream to whoever wants the pieces."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kmu.errors import InputError
from kmu.live.pieces import Piece
from kmu.live.sources import Source
from kmu.live.stream import Stream

# Frames that may wait between the source and the stream, s: then the source has to wait.
QUEUE_S = 2.0
# A source that sends nothing for so long, s, is said to pause.
PAUSE_S = 1.0
# Answers whose times are kept for the percentiles.
_KEPT = 20000


@dataclass
class Played:
    """How a source went.

    Attributes:
        pauses: how often it sent nothing for ``PAUSE_S``.
        waited: s, that it had to wait for the stream.
        broken: what broke it off, a sentence; None if it ended as it should.
        answers: s from the arrival of a piece to its answer, the latest ones.
        delays: s of recording from a frame to the newest that had come when its train came out,
            the latest ones, without those of a calibration.
    """

    pauses: int = 0
    waited: float = 0.0
    broken: str | None = None
    answers: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def sentence(self) -> str:
        """Delays and waiting, in one sentence."""
        parts = []
        for name, values in (("answered within", self.answers), ("delay", self.delays)):
            if values:
                middle, high = np.percentile(np.array(values), [50, 99])
                parts.append(f"{name} {1000 * middle:.0f} ms (median), {1000 * high:.0f} ms (99 %)")
        parts.append(f"the source waited {self.waited:.1f} s, paused {self.pauses} times")
        return "; ".join(parts)


def play(source: Source, stream: Stream, use: Callable[[Piece], None]) -> Played:
    """Plays a source through a stream until it ends.

    A thread reads the source, so that a slow answer does not keep it from arriving. At most
    ``QUEUE_S`` of frames wait; then the source must, which a pipe or a connection lets it feel.
    Nothing is dropped.

    Args:
        source: read to its end.
        stream: closed at the end, also when the source breaks off.
        use: called with every piece, in order.
    """
    played = Played()
    waiting: queue.Queue = queue.Queue()
    most = max(round(QUEUE_S * source.header.frame_rate), 1)
    room = threading.Semaphore(most)
    stopped = threading.Event()

    def read() -> None:
        try:
            for first, frames in source.pieces():
                arrived = time.monotonic()
                # A piece longer than all that may wait goes in alone.
                for _ in range(min(len(frames), most)):
                    while not room.acquire(timeout=0.5):
                        if stopped.is_set():
                            return
                played.waited += time.monotonic() - arrived
                waiting.put((first, frames, arrived))
            waiting.put(None)
        except Exception as error:
            waiting.put(error)

    reader = threading.Thread(target=read, name="kmu-source", daemon=True)
    reader.start()
    try:
        _follow(waiting, room, most, stream, use, played)
    finally:
        stopped.set()
        source.close()
    for piece in stream.close():
        use(piece)
    return played


def _follow(
    waiting: queue.Queue,
    room: threading.Semaphore,
    most: int,
    stream: Stream,
    use: Callable[[Piece], None],
    played: Played,
) -> None:
    pausing, heard = False, time.monotonic()
    while True:
        # A stream that is behind catches up whenever nothing waits to be taken.
        behind = stream.units is not None and not stream.live
        try:
            item = waiting.get(timeout=0 if behind else PAUSE_S)
        except queue.Empty:
            if not pausing and time.monotonic() - heard >= PAUSE_S:
                played.pauses += 1
                stream.note(f"no frames for {PAUSE_S:g} s: the source pauses")
                pausing = True
            for piece in stream.poll():
                use(piece)
            continue
        if item is None:
            return
        if isinstance(item, InputError):
            played.broken = str(item)
            stream.note(played.broken)
            return
        if isinstance(item, Exception):
            raise item
        pausing = False
        first, frames, arrived = item
        live = stream.live
        for piece in stream.push(frames, first):
            use(piece)
            if live and len(piece.time):
                played.delays.append(piece.delay)
        if live:
            played.answers.append(time.monotonic() - arrived)
        room.release(min(len(frames), most))
        heard = time.monotonic()
