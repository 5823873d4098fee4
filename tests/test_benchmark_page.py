"""The page on the benchmark: figures stand in result files alone, words in the page alone."""

import json
import shutil
from pathlib import Path

import pytest

from kmu.errors import InputError
from kmu.studies.benchmark_page import keep, main
from kmu.studies.included import include

DOCS = Path(__file__).parents[1] / "kmu" / "docs"


@pytest.fixture
def docs(tmp_path):
    """A copy of the page and of what it includes."""
    (tmp_path / "results").mkdir()
    shutil.copy(DOCS / "benchmark.md", tmp_path)
    for name in ("benchmark", "single_unit"):
        shutil.copy(DOCS / "results" / f"{name}.json", tmp_path / "results")
    return tmp_path


def test_the_page_holds_what_the_result_files_say(docs):
    assert main(["--docs", str(docs)]) == 0
    written = (DOCS / "benchmark.md").read_text()
    assert (docs / "benchmark.md").read_text() == written, (
        "run: python -m kmu.studies.benchmark_page"
    )


def test_result_files_say_what_made_them(docs):
    for path in (docs / "results").glob("*.json"):
        made = json.loads(path.read_text())
        assert all(made[key] for key in ("command", "version", "commit", "date")), path.name


def test_a_new_run_replaces_figures_and_leaves_words_alone(docs):
    families = json.loads((docs / "results" / "benchmark.json").read_text())["families"]
    kept = keep(families, "", "")
    assert kept["families"] == families
    one = {"low_force": {"kmu": {**families["low_force"]["kmu"], "f1": 0.123456}}}
    run = docs / "run"
    run.mkdir()
    (run / "benchmark.json").write_text(json.dumps(one))
    for name in ("f1_by_units", "recall_by_distance", "agreement_by_snr", "time_and_f1"):
        (run / f"{name}.png").write_bytes(b"drawn")
    command = "kmu benchmark --count 3"
    arguments = [str(run / "benchmark.json"), "--command", command, "--commit", "abc1234"]
    assert main([*arguments, "--docs", str(docs)]) == 0
    page, before = ((folder / "benchmark.md").read_text() for folder in (docs, DOCS))
    assert f"`{command}` with kmu" in page
    assert "abc1234" in page
    assert "0.12 (" in page
    assert "spatial_ica: " not in page.split("## Methods")[1].split("## How")[0]
    assert page.split("## Methods")[0] == before.split("## Methods")[0]
    made = json.loads((docs / "results" / "benchmark.json").read_text())
    assert made["families"]["low_force"]["kmu"]["f1"] == 0.1235
    assert (docs / "figures" / "time_and_f1.png").read_bytes() == b"drawn"


def test_a_page_without_a_place_is_refused():
    with pytest.raises(InputError, match="needs one place <!-- tuned -->"):
        include("words\n", {"tuned": "a table"})
