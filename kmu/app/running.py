"""Begins the app, tells its address, and removes everything when it ends."""

import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from kmu.errors import InputError


def run_app(
    port: int | None = None,
    limit: float = 4.0,
    browser: bool = True,
    model: str | None = None,
) -> None:
    """Serves the app on 127.0.0.1 until it is told to stop.

    What was dropped and made lies in a temporary folder, which is removed at the end, also after
    SIGTERM, SIGHUP and Ctrl-C.

    Args:
        port: to listen on; a free one if None.
        limit: of a dropped file, GB.
        browser: whether to open the page.
        model: as for ``kmu.identify``.

    Raises:
        InputError: if NiceGUI is missing, the port is taken, or there is no such model.
    """
    if find_spec("nicegui") is None:
        raise InputError("kmu app needs NiceGUI: pip install 'kmu[app]'")
    if not limit > 0:
        raise InputError(f"--limit {limit:g} must be above 0 GB")
    if model is not None:
        from kmu.identification.served_model import find_model

        find_model(model)
    port = _free(port)
    for name in ("SIGTERM", "SIGHUP"):  # there is no SIGHUP on Windows
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    with tempfile.TemporaryDirectory(prefix="kmu-app-") as folder:
        _serve(Path(folder), port, round(limit * 1e9), browser, model)


def _serve(folder: Path, port: int, limit: int, browser: bool, model: str | None) -> None:
    # NiceGUI reads both when it is imported; it keeps nothing, and nothing beside the user's files.
    os.environ["NICEGUI_STORAGE_PATH"] = str(folder / "nicegui")
    os.environ.setdefault("MPLBACKEND", "agg")
    from nicegui import app, ui

    from kmu.app.desk import Desk
    from kmu.app.guard import OnlyThisMachine
    from kmu.app.screen import add_pages

    (folder / "desk").mkdir()
    # On a busy machine it tells of every delay.
    logging.getLogger("nicegui").setLevel(logging.ERROR)
    desk = Desk(folder / "desk", model)
    # Other users of this machine can reach the port too: without the key they get nothing.
    key = secrets.token_urlsafe(16)
    add_pages(desk, key, limit)
    # Quasar's own bar above every request has no name that a screen reader could say; the page
    # tells what goes on by itself.
    app.config.quasar_config["loadingBar"] = {"skipHijack": True}
    app.add_middleware(OnlyThisMachine, port=port)
    print(f"kmu app: http://127.0.0.1:{port}/{key} (Ctrl-C ends it)", flush=True)
    try:
        ui.run(
            host="127.0.0.1",
            port=port,
            title="kmu",
            language="en-US",
            dark=True,
            reload=False,
            show=f"/{key}" if browser else False,
            show_welcome_message=False,
            tailwind=False,
            ws_max_size=2**24,
            timeout_graceful_shutdown=1,
        )
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # the way to end it: nothing to say
    finally:
        desk.empty()


def _free(port: int | None) -> int:
    """The port, or a free one.

    Raises:
        InputError: if it is taken or no port.
    """
    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"--port {port} must lie in 1 to 65535")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, sys.platform != "win32")
        try:
            tried.bind(("127.0.0.1", port or 0))
        except OSError as error:
            raise InputError(
                f"cannot listen on port {port}: {error.strerror}; give another --port"
            ) from error
        return int(tried.getsockname()[1])


def _stop(number: int, _: FrameType | None) -> None:
    """Ends like Ctrl-C, so that what is open is closed and removed."""
    sys.exit(128 + number)
