"""Checks of a result on its own recording: added units, rest, another method, words."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from made_recordings import twitching
from place_finder import Finder

import kmu
from kmu.cli import main
from kmu.errors import InputError
from kmu.evaluation.scores import score_recording
from kmu.identification.pipeline import coarse_copy
from kmu.identification.pipeline import identify as identify_recording
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.report.checked import _injection_table, draw_recovery
from kmu.trust import checking
from kmu.trust.injection import WithUnits, inject
from kmu.trust.recovery import recovered
from kmu.trust.rest import rest_as_null
from kmu.trust.told import methods_paragraph, table

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Finder:
    folder = tmp_path_factory.mktemp("finder") / "1"
    folder.mkdir()
    for name in ("saved_model.pb", "config.json"):
        (folder / name).write_text("{}")
    return Finder(folder, {"score": 0.5, "firing": 0.4}, lambda **_: {})


@pytest.fixture(scope="module")
def recording() -> Recording:
    return twitching(CENTRES, 3.0, frame_rate=250.0)[0]


@pytest.fixture(scope="module")
def found(model, recording) -> MotorUnits:
    units = identify_recording(recording, model)
    assert len(units) == 2
    return units


def at_model_rate(recording, found):
    from kmu.identification.pipeline import at_rate

    coarse = coarse_copy(RecordingFrames(recording))
    return coarse, at_rate(found, coarse.frame_rate, coarse.shape[0])


def test_added_units_are_as_strong_and_as_large_as_found_ones(recording, found):
    coarse, own = at_model_rate(recording, found)
    added = inject(own, coarse.inside, 250.0, 40, (0.5, 2.0), np.random.default_rng(0))
    speed = np.sqrt((own.twitch_train.astype(float) ** 2).mean(1))
    trains = np.sqrt((added.units.twitch_train.astype(float) ** 2).mean(1))
    like = trains / added.strength
    assert np.all((like > 0.99 * speed.min()) & (like < 1.01 * speed.max()))
    assert added.strength.min() >= 0.5
    assert added.strength.max() <= 2.0
    assert np.median(added.strength) == pytest.approx(1, abs=0.3)
    area, own_area = (u.mask.sum((1, 2)) for u in (added.units, own))
    # Some lie across the border of the image, and none is larger than what it is drawn like.
    assert own_area.min() * 0.7 < np.median(area) < own_area.max() * 1.3
    rates = [len(times) / 3.0 for times in added.units.firings]
    assert 7 < np.median(rates) < 14
    assert all(((times >= 0) & (times < 3)).all() for times in added.units.firings)


def test_the_recording_with_units_is_the_recording_plus_units(recording, found):
    coarse, own = at_model_rate(recording, found)
    inside = coarse.inside.copy()
    inside[:, :4] = False
    added = inject(own, inside, 250.0, 3, (1.0, 1.0), np.random.default_rng(1))
    both = WithUnits(coarse, added)
    difference = both.frames(50, 120) - coarse.frames(50, 120)
    assert not difference[:, :, :4].any()
    expected = np.einsum("kt,kzx->tzx", added.courses[:, 50:120], added.maps)
    np.testing.assert_allclose(difference, expected, atol=1e-5)
    again = inject(own, inside, 250.0, 3, (1.0, 1.0), np.random.default_rng(1))
    np.testing.assert_array_equal(again.courses, added.courses)
    # Where a unit's territory is 1, the tissue moves as its train says.
    for k, territory in enumerate(added.units.territory):
        core = territory > 0.99
        if core.sum() > 5:
            mean = added.maps.reshape(3, -1, *core.shape)[k].sum(0)[core].mean()
            assert 0.6 < mean < 1.4


def test_a_pass_says_which_added_units_were_found_and_what_became_of_the_others(recording, found):
    coarse, own = at_model_rate(recording, found)
    added = inject(own, coarse.inside, 250.0, 4, (1.0, 1.0), np.random.default_rng(2))
    both = MotorUnits(
        np.concatenate([own.territory, added.units.territory[:3]]),
        np.concatenate([own.twitch_train, added.units.twitch_train[:3]]),
        [*own.firings, *added.units.firings[:3]],
        np.ones(5),
        own.frame_rate,
        own.spacing,
    )
    one = recovered(both, own, added, coarse.power)
    assert one.columns["found"].sum() == 3
    speed, again = one.columns["speed"], one.columns["found_speed"]
    np.testing.assert_allclose(again[:3], speed[:3], rtol=1e-4)
    assert np.isnan(again[3])
    assert np.nanmin(one.columns["iou"]) == 1
    assert np.isnan(one.columns["iou"]).sum() == 1
    assert (one.kept, one.kept_iou, one.new) == (1.0, 1.0, 0)
    lost = recovered(own.select([0]), own, added, coarse.power)
    assert (lost.kept, lost.columns["found"].sum(), lost.new) == (0.5, 0, 0)


def test_the_recording_at_rest_gives_the_threshold(recording, found, model):
    coarse, own = at_model_rate(recording, found)
    null = rest_as_null(coarse, own, model, model.thresholds, 5.0)
    assert null.summary()["false_units"] == 2
    assert null.needed == pytest.approx(0.9, abs=0.01)
    assert (null.kept, null.units) == (0, 2)
    quiet = dataclasses.replace(null, scores=(0.1,))
    assert quiet.summary()["false_units"] == 0


@pytest.fixture(scope="module")
def checked(recording, found, model):
    rest = Recording(0.02 * np.random.default_rng(5).standard_normal(recording.velocity.shape),
                     recording.frame_rate, recording.spacing)  # fmt: skip
    return kmu.check(recording, found, rest=rest, model=model, seed=3)


def test_all_checks_are_told_in_figures_and_words(checked):
    told = checked.summary()
    json.dumps(told, allow_nan=False)
    assert told["units"] == 2
    assert told["injection"]["units"] == 10 * 3
    assert 0 <= told["injection"]["recall"][1] <= told["injection"]["recall"][0]
    assert sum(row["units"] for row in told["injection"]["by"]["strength"]) == 30
    assert {pair["unit"] for pair in told["agreement"]["pairs"]} <= {1, 2}
    assert set(told["likeness"]["percentiles"]) == set(told["likeness"]["features"])
    assert told["rest"]["units"] == 2
    own = told["injection"]["own_recall"]
    assert 0 <= own["low"] <= own["recall"] <= own["high"] <= 1
    assert own["mean_score"] == pytest.approx(checked.units.score.mean())
    lines = table(checked)
    assert "reach an F1 of" in lines
    assert "30 simulated units" in lines
    assert "relaxed muscle" in lines
    paragraph = methods_paragraph(checked)
    assert f"kmu {kmu.__version__}" in paragraph
    assert "score of at least 0.5" in paragraph
    assert "nan" not in paragraph


def test_ranges_are_written_as_text_in_the_figure_and_as_html_in_the_table(checked):
    figure, table = draw_recovery(checked), _injection_table(checked)
    labels = [label.get_text() for axes in figure.axes for label in axes.get_xticklabels()]
    assert any(label.startswith("< ") for label in labels)
    assert not any("&" in label for label in labels)
    assert "<td>&lt; " in table


def test_the_result_that_was_checked_stays_as_it_was(checked, found):
    assert checked.units is found
    np.testing.assert_array_equal(checked.units.ids, [1, 2])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda v, r: (v[:, :-1], r), "the image of the recording at rest is 23 x 40 pixels"),
        (lambda v, r: (v, r / 2), "the frame rate of the recording at rest is 125 Hz"),
    ],
)
def test_rest_of_another_size_or_rate_is_refused(recording, found, model, change, sentence):
    velocity, rate = change(recording.velocity, recording.frame_rate)
    with pytest.raises(InputError, match=sentence):
        kmu.check(recording, found, rest=Recording(velocity, rate, recording.spacing), model=model)


def test_what_cannot_be_checked_is_refused_in_a_sentence(recording, found, model):
    with pytest.raises(InputError, match="no unit: there is nothing to check"):
        kmu.check(recording, found.select([]), model=model)
    other = Recording(recording.velocity[:-1], recording.frame_rate, recording.spacing)
    with pytest.raises(InputError, match="made from, read in the same way"):
        kmu.check(other, found, model=model)
    short = twitching(CENTRES, 0.8)[0]
    units = MotorUnits(
        found.territory, found.twitch_train[:, :200], [np.arange(5) / 10] * 2, [1, 1], 250.0,
        found.spacing,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"0\.8 s long; checks need at least 1 s"):
        kmu.check(short, units, model=model)
    silent = dataclasses.replace(found, firings=[np.zeros(0)] * 2)
    with pytest.raises(InputError, match="4 firings"):
        kmu.check(recording, silent, model=model)


def test_a_result_of_another_file_is_refused(tmp_path, recording, found, model):
    recording.save(tmp_path / "second.h5")
    source = {"file": "first.h5", "sha256": "0123456789abcdef"}
    other = dataclasses.replace(found, provenance={"source": source})
    with pytest.raises(
        InputError, match=r"second\.h5 is not the file .* \(first\.h5, SHA-256 0123"
    ):
        kmu.check(tmp_path / "second.h5", other, model=model)


def test_the_verb_writes_figures_and_a_page_and_prints_the_paragraph(
    tmp_path: Path, monkeypatch, capsys, recording, found, model
):
    monkeypatch.setattr(checking, "load_model", lambda path: model)
    monkeypatch.setattr(checking, "find_model", lambda name: model.path)
    recording.save(tmp_path / "trial.h5")
    found.save(tmp_path / "units.h5")
    files = [str(tmp_path / "trial.h5"), str(tmp_path / "units.h5")]
    assert main(["check", *files, "--quiet", "--methods"]) == 0
    assert capsys.readouterr().out.startswith("Motor units were identified with kmu")
    told = json.loads((tmp_path / "units.check.json").read_text())
    assert told["rest"] is None
    page = (tmp_path / "units.check.html").read_text(encoding="utf-8")
    assert "<h2>Trust</h2>" in page
    assert "For a methods section" in page
    assert len(MotorUnits.load(tmp_path / "units.h5")) == 2
    assert main(["check", *files, "-o", str(tmp_path / "trial.h5"), "--quiet"]) == 2
    assert score_recording(MotorUnits.load(files[1]), found).units_matched == 2
