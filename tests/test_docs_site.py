"""Pages made from the code hold all of it; the evidence page has the figures of its file."""

import dataclasses
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import kmu
from kmu.analysis.likeness import expected
from kmu.cli import VERBS, parser
from kmu.config import TrainingConfig
from kmu.config.base import Config
from kmu.studies import evidence_page
from kmu.studies.included import include
from kmu.studies.rotating_disk import fitted_plane
from kmu.trust import estimate

DOCS = Path(kmu.__file__).parent / "docs"


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hooks", DOCS / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_of(config: Config) -> Iterator[str]:
    """Every field that is a value, at any depth."""
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if isinstance(value, Config):
            yield from names_of(value)
        else:
            yield item.name


def test_the_page_of_verbs_has_every_verb_and_option(hooks):
    page = hooks.verbs_page()
    sections = dict(part.split("\n", 1) for part in page.split("\n## kmu ")[1:])
    assert set(sections) == set(VERBS)
    verbs = next(action for action in parser()._actions if action.dest == "verb")
    for name, verb in verbs.choices.items():
        for action in verb._actions:
            for option in action.option_strings:
                assert action.dest == "help" or f"`{option}`" in sections[name]


def test_the_page_of_parameters_has_every_field(hooks):
    page = hooks.parameters_page()
    names = list(names_of(TrainingConfig()))
    assert {"ridge", "refinements"} <= set(names)
    for name in names:
        assert page.count(f"\n| `{name}` |") == names.count(name)


def test_the_page_of_python_has_every_public_name():
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    for name, home in kmu._HOME.items():
        assert f"\n::: {home}.{name}\n" in text


def test_the_evidence_page_says_what_the_study_of_the_checks_measured():
    text = (DOCS / "evidence.md").read_text(encoding="utf-8")
    table = text.split("<!-- trust -->")[1].split("<!-- /trust -->")[0]
    told = json.loads((DOCS / "results" / "trust.json").read_text(encoding="utf-8"))["conclusions"]
    for name in ("injected_recall", "estimated_recall"):
        found = told[name]
        shown = (
            f"correlation {found['pearson']:.2f}, mean difference {found['mean_difference']:+.2f}"
        )
        assert shown in table
    found = told["estimated_recall"]
    assert f"mean absolute difference {found['mean_absolute_difference']:.2f}" in table
    assert f"in {found['inside_interval']} of {told['recordings']} " in table
    assert f"rank correlation {told['distance_with_f1']:.2f}" in table
    both, alone = told["agreed"], told["not_agreed"]
    assert f"{both['true']} of {both['units']} units" in table
    assert f"{alone['true']} of {alone['units']} that" in table
    for name in ("firing_evidence", "score"):
        where, when = (told["auc"][kind][name] for kind in ("true", "true_by_firings"))
        assert f"AUC {where:.2f}, {when:.2f}" in table
    rest = told["rest"]
    assert f"{rest['false_units']} units were found in {rest['recordings']} recordings" in table
    assert f"{rest['false_above']} of {rest['false_in_result']} false units" in table


def test_the_evidence_page_includes_what_its_result_files_say():
    text = (DOCS / "evidence.md").read_text(encoding="utf-8")
    planes = json.loads((DOCS / "results" / "rotating_disk.json").read_text())["planes"]
    recall = json.loads(estimate.KEPT.read_text())
    told = {
        "disk": evidence_page.disk_sentence(planes),
        "foretold": evidence_page.foretold(recall, json.loads(expected.KEPT.read_text())),
    }
    assert include(text, told) == text
    # A rigid rotation: one gradient across, none in depth, and hardly anything left.
    for plane in planes.values():
        assert abs(plane["in_depth"]) < 0.01 * plane["across"]
        assert plane["residual_share"] < 0.03
    assert planes["loupas"]["across"] == pytest.approx(planes["kasai"]["across"], rel=0.04)


def test_a_plane_is_fitted_within_the_disk_alone():
    across = np.linspace(-12.5, 12.5, 101)
    depth = (np.arange(200) - 99.5) * 0.125
    velocity = 60 * across + 2.0 * depth[:, None] + 5
    outside = np.hypot(depth[:, None], across) > 9
    plane = fitted_plane(np.where(outside, 1e4, velocity).astype(np.float32), across)
    assert plane["across"] == pytest.approx(60)
    assert plane["in_depth"] == pytest.approx(2)
    assert plane["residual_share"] < 1e-6


def test_the_evidence_page_counts_the_stress_families_in_which_spatial_ica_is_better():
    told = json.loads((DOCS / "results" / "stress.json").read_text(encoding="utf-8"))["families"]
    pairs = [
        (scores["spatial_ica"]["f1"], scores["kmu"]["f1"])
        for scores in told.values()
        if scores["kmu"]["units_true"]
    ]
    better = sum(other > ours for other, ours in pairs)
    text = (DOCS / "evidence.md").read_text(encoding="utf-8")
    assert f"in {better} of {len(pairs)} families" in text
