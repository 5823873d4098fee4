"""Who may ask: pages of the app itself, under its own name, and nobody else.

A server on 127.0.0.1 is out of reach of other machines but not of other pages in the same
browser: one may have its own name lead to 127.0.0.1 (DNS rebinding), which the Host header gives
away, or send requests across (CSRF), which the Origin header gives away. Both are refused before
anything is read.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost")


class OnlyThisMachine:
    """ASGI middleware that lets through what names this machine as host and as origin.

    Args:
        app: what is behind it.
        port: that the app listens on.
    """

    def __init__(self, app: Application, port: int) -> None:
        self._app = app
        self._known = {f"{name}:{port}" for name in NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] in ("http", "websocket") and not self._is_ours(scope):
            await _refuse(scope["type"], receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin")
        # A browser names no origin where a link is followed.
        return host in self._known and (
            origin is None or urlsplit(origin.decode("latin-1")).netloc in self._known
        )


async def _refuse(kind: str, receive: Receive, send: Send) -> None:
    if kind == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send(
        {
            "type": "http.response.start",
            "status": 403,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        }
    )
    await send({"type": "http.response.body", "body": b"kmu app answers this machine alone\n"})
