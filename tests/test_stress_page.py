"""The page of the stress suite says what was measured, and by what command."""

import json
from pathlib import Path

import pytest

from kmu.errors import InputError
from kmu.stress import FAMILIES
from kmu.studies import stress_page

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


def test_the_page_has_every_family_and_the_figures_with_their_intervals(tmp_path):
    result = {
        "stress/jolts": {"kmu": measured(0.25)},
        "stress/plain": {"kmu": measured(0.75)},
        "stress/rest_plain": {"kmu": measured(1.0, true=0, false=1.5)},
    }
    source, kept, page = (tmp_path / name for name in ("b.json", "kept.json", "page.md"))
    source.write_text(json.dumps(result))
    arguments = [str(source), "--command", "kmu benchmark --count 2"]
    assert stress_page.main([*arguments, "--kept", str(kept), "--out", str(page)]) == 0
    text = page.read_text()
    assert all(f"| `{name}` |" in text for name in FAMILIES)
    assert "| plain | kmu | 2 | 0.75 (0.65-0.85)" in text
    assert "mean F1 of 2 families with units 0.500; lowest 0.25 (`jolts`)" in text
    assert "| rest_plain | kmu | 2 | 1.50 (1.40-1.60) |" in text
    assert "kmu benchmark --count 2" in text
    page.unlink()
    assert stress_page.main(["--kept", str(kept), "--out", str(page)]) == 0
    assert page.read_text() == text


def test_two_models_stand_beside_each_other_under_their_own_names(tmp_path):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps({"stress/plain": {"kmu": measured(0.5)}}))
    new.write_text(json.dumps({"stress/plain": {"kmu": measured(0.75), "stica": measured(0.25)}}))
    page = tmp_path / "page.md"
    arguments = [
        f"kmu/2={old}",
        str(new),
        "--kept",
        str(tmp_path / "kept.json"),
        "--out",
        str(page),
    ]
    assert stress_page.main(arguments) == 0
    text = page.read_text()
    for method, f1 in {"kmu/2": "0.50", "kmu": "0.75", "stica": "0.25"}.items():
        assert f"| plain | {method} | 2 | {f1} " in text


def test_figures_of_other_families_are_refused():
    with pytest.raises(InputError, match="dense is no family of the stress suite"):
        stress_page.keep([{"dense": {"kmu": measured(0.5)}}], "", "")


def test_the_page_that_ships_is_made_of_the_figures_that_ship():
    docs = Path(stress_page.__file__).parents[1] / "docs"
    kept = json.loads((docs / "results" / "stress.json").read_text())
    assert (docs / "stress.md").read_text() == stress_page.document(kept)
    assert {"command", "version", "date"} <= kept.keys()
