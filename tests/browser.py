"""A real browser for the tests of pages; they are skipped where there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

AXE = "axe_playwright_python.sync_playwright"
# However busy the machine is: a test that waits so long has failed.
PATIENCE_MS = 1_200_000
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """Chromium without a window; skips the test if it or playwright is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install 'kmu[browser]'"
    )
    found = os.environ.get("KMU_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"needs one of {', '.join(NAMES)} on the path, or KMU_CHROMIUM")
    with playwright.sync_playwright() as running:
        # Without a sandbox, which containers do not allow; it opens our own pages only.
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page, what it complained of, and what it asked the network for."""

    def __init__(
        self,
        browser: Any,
        path: Any,
        width: int = 1280,
        height: int = 1000,
        ready: str = "#unit > *",
    ) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: said.type in ("error", "warning") and self.complaints.append(said.text),
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        address = str(path)
        self.page.goto(address if "://" in address else f"file://{address}")
        self.page.wait_for_selector(ready)

    def state(self, what: str) -> Any:
        """A part of the page's state, after it has settled."""
        return self.page.evaluate(f"async () => {{ await null; return {what}; }}")

    def until(self, what: str) -> None:
        """Waits, as long as is patient, until an expression is true.

        The page's own policy forbids what playwright would do this with.
        """
        for _ in range(PATIENCE_MS // 100):
            if self.state(what):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"it never came true: {what}")


def violations(page: Any) -> list[str]:
    """What axe finds wrong for people who do not see, hear or point; skips without axe."""
    axe = pytest.importorskip(
        AXE, reason="needs axe-playwright-python: pip install 'kmu[browser]'"
    ).Axe()
    return [
        f"{found['id']}: {node['html'][:200]}"
        for found in axe.run(page).response["violations"]
        for node in found["nodes"]
    ]


def outlines(page: Any) -> list[str]:
    """Keys of the units whose outlines are drawn."""
    keys = page.locator(".outline").evaluate_all("all => all.map(o => o.dataset.key)")
    return sorted(keys)
