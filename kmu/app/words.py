"""Elements of the page that NiceGUI has no short name for."""

import html
from collections.abc import Callable
from typing import Any

from nicegui import ui


def text(tag: str, words: str, classes: str = "") -> Any:
    """Words in an HTML element of a kind; they may hold anything."""
    return ui.html(html.escape(words), tag=tag, sanitize=False).classes(classes)


def button(label: str, act: Callable[..., Any], main: bool = False) -> Any:
    """A button as the report page has them."""
    made = ui.element("button").props("type=button").classes("main" if main else "")
    with made:
        text("span", label)
    return made.on("click", act, args=[])
