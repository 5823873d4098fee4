"""The page of the stress suite includes what was measured, and by what command."""

import json
import shutil
from pathlib import Path

import pytest

from kmu.errors import InputError
from kmu.stress import FAMILIES
from kmu.studies import stress_page

DOCS = Path(stress_page.__file__).parents[1] / "docs"
SCORES = (
    *("precision", "recall", "f1", "iou", "twitch_train_correlation", "rate_of_agreement"),
    *("firing_precision", "firing_recall"),
)


def measured(f1, true=4, false=0.5):
    values = {**dict.fromkeys(SCORES, f1), "false_units_per_recording": false}
    return {
        **values,
        "recordings": 2,
        "units_true": true,
        "units_found": true,
        "units_matched": true,
        "errors": [],
        "intervals": {key: [value - 0.1, value + 0.1] for key, value in values.items()},
    }


@pytest.fixture
def docs(tmp_path):
    """A copy of the page, whose words are written by hand."""
    shutil.copy(DOCS / "stress.md", tmp_path)
    return tmp_path


def test_the_page_has_every_family_and_the_figures_with_their_intervals(docs):
    result = {
        "stress/jolts": {"kmu": measured(0.25)},
        "stress/plain": {"kmu": measured(0.75)},
        "stress/rest_plain": {"kmu": measured(1.0, true=0, false=1.5)},
    }
    source = docs / "b.json"
    source.write_text(json.dumps(result))
    arguments = [str(source), "--command", "kmu benchmark --count 2"]
    assert stress_page.main([*arguments, "--docs", str(docs)]) == 0
    text = (docs / "stress.md").read_text()
    assert all(f"| `{name}` |" in text for name in FAMILIES)
    assert "| plain | kmu | 2 | 0.75 (0.65-0.85)" in text
    assert "mean F1 of 2 families with units 0.500; lowest 0.25 (`jolts`)" in text
    assert "| plain | 0.75 |" in text
    assert "| false units a recording | rest_plain |" in text
    assert "| kmu | 1.50 (1.40-1.60) |" in text
    assert "kmu benchmark --count 2" in text
    assert text.split("## Families")[0] == (DOCS / "stress.md").read_text().split("## Families")[0]
    assert stress_page.main(["--docs", str(docs)]) == 0
    assert (docs / "stress.md").read_text() == text


def test_two_models_stand_beside_each_other_under_their_own_names(docs):
    old, new = docs / "old.json", docs / "new.json"
    old.write_text(json.dumps({"stress/plain": {"kmu": measured(0.5)}}))
    new.write_text(json.dumps({"stress/plain": {"kmu": measured(0.75), "stica": measured(0.25)}}))
    arguments = [f"kmu/2={old}", str(new), "--docs", str(docs)]
    assert stress_page.main(arguments) == 0
    text = (docs / "stress.md").read_text()
    for method, f1 in {"kmu/2": "0.50", "kmu": "0.75", "stica": "0.25"}.items():
        assert f"| plain | {method} | 2 | {f1} " in text


def test_what_is_attainable_stands_apart_from_what_the_methods_reach(docs):
    source = docs / "b.json"
    told = {"territories_bound": 0.8, "trains_bound": 0.9, "trains_bound_lsq": 0.7}
    methods = {name: measured(f1) for name, f1 in {"kmu": 0.75, "stica": 0.6, **told}.items()}
    families = {"stress/plain": methods, "stress/noise": {"kmu": measured(0.5)}}
    source.write_text(json.dumps(families))
    assert stress_page.main([str(source), "--docs", str(docs)]) == 0
    text = (docs / "stress.md").read_text()
    assert "| plain | 0.75 | 0.80 | 0.75 | 0.90 | 0.70 | 0.75 | 0.90 | 0.70 |" in text
    assert "| plain | 0.75 | 0.60 |\n| noise | 0.50 | - |" in text
    assert "| plain | stica | 2 | 0.60" in text
    assert "| plain | territories_bound" not in text


def test_the_table_of_scores_shows_the_best_other_method_and_not_the_one_that_is_told(docs):
    source = docs / "b.json"
    others = {"stica": measured(0.25), "local_nmf": measured(0.5), "sta_oracle": measured(0.625)}
    source.write_text(json.dumps({"stress/plain": {"kmu": measured(0.75), **others}}))
    assert stress_page.main([str(source), "--docs", str(docs)]) == 0
    text = (docs / "stress.md").read_text()
    assert "| plain | 0.75 | 0.25 | 0.50 | 0.62 |" in text
    assert "| plain | local_nmf | 2 | 0.50 " in text
    assert not any(f"| plain | {name} | 2 |" in text for name in ("stica", "sta_oracle"))


def test_figures_of_other_families_are_refused():
    with pytest.raises(InputError, match="dense is no family of the stress suite"):
        stress_page.keep([{"dense": {"kmu": measured(0.5)}}], "", "")


def test_the_page_that_ships_is_made_of_the_figures_that_ship(docs):
    (docs / "results").mkdir()
    shutil.copy(DOCS / "results" / "stress.json", docs / "results")
    assert stress_page.main(["--docs", str(docs)]) == 0
    written = (DOCS / "stress.md").read_text()
    assert (docs / "stress.md").read_text() == written, "run: python -m kmu.studies.stress_page"
    kept = json.loads((docs / "results" / "stress.json").read_text())
    assert {"command", "version", "date"} <= kept.keys()
