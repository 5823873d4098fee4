"""The report page looks as it did when somebody last looked at it.

When it is meant to look otherwise: ``PYTHONPATH=. python tests/test_page_looks.py``, and look at
``tests/pages/report_1280.png`` before it is committed.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from browser import Opened, chromium
from twitching_muscle import write_muscle

STORED = Path(__file__).parent / "pages" / "report_1280.png"
# Means over squares of so many pixels: letters of another font differ, panels and pictures do not.
SQUARE = 20
# Of squares may differ by more than a twentieth of the range from black to white.
SHARE = 0.015


def squares(png: bytes) -> np.ndarray:
    """Mean colours (rows, columns, 3) of a picture's squares, 0 to 1."""
    from matplotlib.image import imread

    image = imread(io.BytesIO(png))[..., :3]
    rows, columns = image.shape[0] // SQUARE, image.shape[1] // SQUARE
    cut = image[: rows * SQUARE, : columns * SQUARE]
    return cut.reshape(rows, SQUARE, columns, SQUARE, 3).mean((1, 3))


def differing(one: bytes, other: bytes) -> float:
    """Share of squares that differ."""
    return float((np.abs(squares(one) - squares(other)).max(-1) > 0.05).mean())


def main_view(seen: Opened) -> bytes:
    """A screenshot with unit 2 picked."""
    seen.page.evaluate("kmu.pick('2')")
    seen.page.evaluate("new Promise(requestAnimationFrame)")
    return seen.page.screenshot()


def test_the_main_view_looks_as_stored(opened):
    assert differing(main_view(opened), STORED.read_bytes()) < SHARE


@pytest.mark.parametrize(
    "harm",
    [
        "document.getElementById('trains').style.visibility = 'hidden'",
        "document.querySelector('#map canvas').style.visibility = 'hidden'",
        "document.body.style.fontSize = '18px'",
    ],
)
def test_the_comparison_sees_what_is_missing_or_out_of_place(opened, harm):
    opened.page.evaluate(harm)
    assert differing(main_view(opened), STORED.read_bytes()) > SHARE


if __name__ == "__main__":
    import tempfile

    from kmu.cli import main

    with chromium() as running, tempfile.TemporaryDirectory() as made:
        result, recording = write_muscle(Path(made))
        main(["report", str(result), "--recording", str(recording)])
        STORED.parent.mkdir(exist_ok=True)
        STORED.write_bytes(main_view(Opened(running, Path(made) / "trial.html")))
