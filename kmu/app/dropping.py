"""Takes a dropped file as it arrives, piece by piece, and no larger than allowed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from kmu.app.desk import Desk
from kmu.errors import InputError


class Body(Protocol):
    """What arrives, as Starlette's requests give it."""

    def stream(self) -> AsyncIterator[bytes]:
        """Its pieces."""


async def receive(request: Body, desk: Desk, name: str, limit: int) -> str:
    """Writes what a browser sends to the desk, which is cleared for it.

    Args:
        request: its body is the file and nothing else.
        desk: where it goes.
        name: the file's own name.
        limit: bytes; more are refused, and what came of them is removed.

    Returns:
        Why it was refused, a sentence; empty if it was taken.
    """
    desk.empty()
    # A name that a browser on another system sends may hold its separators.
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    target = desk.folder / "recording" / plain
    try:
        if plain in ("", ".", ".."):
            raise InputError("the file has no name")
        target.parent.mkdir()
        await _write(request, target, limit)
    except (InputError, OSError) as error:
        desk.empty()
        reason = str(error) if isinstance(error, InputError) else error.strerror or str(error)
        desk.refuse(f"{plain} was not taken: {reason}")
        return desk.message
    except BaseException:
        # The browser went away in the middle of it.
        desk.empty()
        raise
    desk.take(target)
    return ""


async def _write(request: Body, target: Path, limit: int) -> None:
    size = 0
    with target.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise InputError(
                    f"it is larger than {said(limit)}; kmu app --limit GB allows more, and kmu "
                    "identify reads files of any size where they are"
                )
            file.write(piece)


def said(size: int) -> str:
    """A number of bytes as people read it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
