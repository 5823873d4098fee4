"""What the page of live says is what was measured."""

import json
from pathlib import Path

import numpy as np

from kmu.recording import Recording
from kmu.studies.live_load import text
from kmu.studies.live_scanner import RATE, SHAPE, Scanner

DOCS = Path(__file__).parent.parent / "kmu" / "docs"


def test_the_load_on_the_page_is_that_of_the_results():
    result = json.loads((DOCS / "results" / "live_load.json").read_text())
    assert text(result) in (DOCS / "live.md").read_text()


def test_the_delays_on_the_page_are_those_of_the_results():
    page = (DOCS / "live.md").read_text()
    result = json.loads((DOCS / "results" / "live_delay.json").read_text())
    for row in result["delays"]:
        scores = [
            row[kind][name] for kind in ("offline", "truth") for name in ("precision", "recall")
        ]
        cells = " | ".join(f"{value:.2f}" for value in scores)
        assert f"| {1000 * row['delay_s']:.0f} ms | {cells} |" in page


def test_the_scanner_of_the_study_draws_straight_between_frames_and_pixels():
    """Velocity that rises evenly in time and depth does so in what the scanner gives."""
    rise = np.arange(20)[:, None, None] + np.arange(64)[None, :, None] + np.zeros((1, 1, 64))
    scanner = Scanner(Recording(rise.astype(np.float32), 100.0, (0.625, 0.625)))
    assert scanner.shape == (200, *SHAPE)
    frames = np.concatenate([scanner.frames(0, 7), scanner.frames(7, 190)])
    time, depth = np.arange(190) / RATE * 100, (np.arange(SHAPE[0]) + 0.5) * 0.34 / 0.625 - 0.5
    expected = time[:, None] + np.clip(depth, 0, 63)
    np.testing.assert_allclose(frames[:, :, 5], expected, atol=1e-3)
