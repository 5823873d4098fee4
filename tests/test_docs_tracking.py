import json
import re
from pathlib import Path

import numpy as np

from kmu.studies.known_units import table

DOCS = Path(__file__).parent.parent / "kmu" / "docs"


def test_the_example_of_the_page_runs_and_finds_units_again():
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "tracking.md").read_text(), re.S)
    names: dict = {}
    exec(code, names)
    tracks = names["tracks"]
    assert tracks.ids.shape == (len(tracks), 3)
    assert (tracks.recordings == 3).any()
    assert np.isfinite(tracks.probability).any()


def test_the_table_of_the_page_is_that_of_the_results():
    page = (DOCS / "tracking.md").read_text()
    result = json.loads((DOCS / "results" / "tracking.json").read_text())
    assert {"command", "commit", "date"} <= set(result)
    for name, scores in result["methods"].items():
        assert f"| {name} | {scores['precision']:.3f} | {scores['recall']:.3f} |" in page


def test_known_units_on_the_page_are_those_of_the_results():
    result = json.loads((DOCS / "results" / "known_units.json").read_text())
    assert table(result) in (DOCS / "tracking.md").read_text()
