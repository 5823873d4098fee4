"""The models page: curves read from logs as they are, every section from files, none invented."""

import csv
import json
from pathlib import Path

import pytest

from kmu.config import TRAINING_PRESETS
from kmu.errors import InputError
from kmu.evaluation.reliability import reliability_summary, write_reliability
from kmu.studies.curves import draw_curves, milestones, read_run
from kmu.studies.durations import draw_durations
from kmu.studies.included import include
from kmu.studies.models_page import main

PAGE = Path(__file__).parents[1] / "kmu" / "docs" / "models.md"


def between(page, name):
    return page.read_text().split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def write_run(folder, seconds=True, rows=9):
    (folder / "logs").mkdir(parents=True)
    (folder / "config.json").write_text(TRAINING_PRESETS["tiny"].to_json())
    for phase, watched in (("segmentation", "mask_iou"), ("signals", "recall")):
        with (folder / "logs" / f"{phase}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", "loss", watched, *["wall_seconds"] * seconds, "val_loss"])
            for epoch in range(rows):
                row = [epoch, 2 / (epoch + 1), epoch / 10, *[360.0] * seconds, "NA"]
                writer.writerow(row)
    return folder


def test_hours_go_on_from_one_phase_to_the_next(tmp_path):
    points = read_run(write_run(tmp_path / "run"))
    assert [point.phase for point in points] == ["segmentation"] * 9 + ["signals"] * 9
    assert points[0].hours == pytest.approx(0.1)
    assert points[-1].hours == pytest.approx(1.8)
    assert points[-1].step == 9 * TRAINING_PRESETS["tiny"].checkpoint_steps
    assert points[-1].values == {"loss": pytest.approx(2 / 9), "recall": 0.8}


def test_milestones_are_the_ends_of_the_quarters(tmp_path):
    chosen = milestones(read_run(write_run(tmp_path / "run", rows=8)))
    assert [point.step // 4 for point in chosen] == [2, 4, 6, 8] * 2


def test_logs_without_seconds_are_shown_by_step(tmp_path):
    points = read_run(write_run(tmp_path / "run", seconds=False))
    assert points[0].hours != points[0].hours
    draw_curves({"old": points}, tmp_path / "curves.png")
    assert 1000 < (tmp_path / "curves.png").stat().st_size < 100_000


def test_a_folder_without_logs_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(TRAINING_PRESETS["tiny"].to_json())
    with pytest.raises(InputError, match="no logs"):
        read_run(tmp_path)


def test_the_page_shows_what_was_measured_and_keeps_all_other_words(tmp_path):
    run = write_run(tmp_path / "run")
    measured = tmp_path / "measured"
    measured.mkdir()
    write_reliability(
        {"low_force": reliability_summary([0.9, 0.8], [True, False], 0.5)},
        measured / "reliability.json",
        measured / "reliability.png",
    )
    scores = ("f1", "precision", "recall", "iou", "twitch_train_correlation", "rate_of_agreement")
    row = dict.fromkeys(scores, 0.75) | {"units_matched": 3, "units_true": 6, "recordings": 7}
    row |= {"intervals": {"f1": [0.7, 0.8]}, "errors": []}
    (measured / "ablation.json").write_text(json.dumps({"both": {"no sieve": row}}))
    options = [f"--{name}={measured}" for name in ("ablation", "reliability", "durations")]
    page = tmp_path / "docs" / "models.md"
    page.parent.mkdir()
    page.write_text(PAGE.read_text())
    durations = between(page, "durations")
    assert main([f"--runs=kmu={run}", *options, f"--out={page}"]) == 0
    text = page.read_text()
    assert "| both | no sieve | 0.750 (0.700-0.800) |" in text
    assert "1600" not in between(page, "ablation")
    assert "| low_force | 0.450 |" in text
    assert "| kmu | tiny | tiny | 8 + 8 | 2 | 1.80 |" in text
    assert between(page, "durations") == durations
    assert text.split("<!-- runs -->")[0] == PAGE.read_text().split("<!-- runs -->")[0]
    figures = page.parent / "figures"
    assert {path.name for path in figures.iterdir()} == {
        "reliability.png",
        "training.csv",
        "training.png",
    }
    lasting = row | {"seconds_per_recording": None, "peak_memory_mib": None}
    result = {f"tiny {seconds} s": {"kmu": lasting} for seconds in (2, 5)}
    (measured / "durations.json").write_text(json.dumps(result))
    draw_durations(result, measured / "durations.png")
    assert main([f"--runs=kmu={run}", *options, f"--out={page}"]) == 0
    assert "| tiny 5 s | kmu | 0.75 |" in page.read_text()


def test_a_page_without_the_place_is_refused():
    assert include("a\n<!-- x -->\nold\n<!-- /x -->\nb", {"x": "new"}) == (
        "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb"
    )
    with pytest.raises(InputError, match="needs one place <!-- y -->"):
        include("<!-- x -->\n<!-- /x -->", {"y": "new"})
