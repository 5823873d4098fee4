"""Curation in the report page, in a real browser: acts, undoing, edit lists applied."""

import json

import numpy as np
import pytest
from browser import Opened, outlines
from twitching_muscle import muscle

from kmu.cli import main
from kmu.motor_units import MotorUnits


def test_what_is_done_in_the_page_is_what_curate_does(opened, page_folder, tmp_path):
    page = opened.page
    units = muscle()[1]
    page.keyboard.press("a")
    assert opened.state("kmu.state.picked") == "2"  # the next one
    page.keyboard.press(".")
    page.keyboard.press("Delete")
    page.keyboard.press(".")
    page.keyboard.press("]")
    page.evaluate("kmu.zoom.go(2.5)")
    page.keyboard.press("i")
    page.keyboard.press("n")
    page.keyboard.type("two of them?")
    page.keyboard.press("Escape")
    page.locator("#units tr[data-key='3'] input").check()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+M")
    assert page.locator("#units tr[data-key='3']").inner_text().count("merged") == 1
    page.evaluate("kmu.pick('2')")
    # Around the left half: corners by keys.
    page.keyboard.press("s")
    for keys in (["ArrowUp"] * 40, ["ArrowLeft"] * 40, ["ArrowDown"] * 90):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    for key in ["ArrowRight"] * 40:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.keyboard.press("c")
    assert opened.state("kmu.state.units.filter(u => u.state === 'split').length") == 2
    with page.expect_download() as download:
        page.keyboard.press("d")
    assert download.value.suggested_filename == "trial.edits.json"
    edits, curated = tmp_path / "trial.edits.json", tmp_path / "curated.h5"
    download.value.save_as(edits)
    listed = json.loads(edits.read_text())["edits"]
    assert sorted(edit["action"] for edit in listed) == [
        "accept",
        "firings",
        "merge",
        "note",
        "split",
    ]
    command = ["curate", str(page_folder / "trial.h5"), "--edits", str(edits), "-o", str(curated)]
    assert main(command) == 0
    made = MotorUnits.load(curated)
    seen = opened.state(
        "kmu.state.units.map(u => ({id: u.id, firings: u.firings, score: u.score,"
        " area: kmu.place(u.territory, kmu.data.grid).area}))"
    )
    assert sorted(unit["id"] for unit in seen) == sorted(made.ids.tolist())
    for unit in seen:
        k = made.ids.tolist().index(unit["id"])
        np.testing.assert_allclose(unit["firings"], made.firings[k], atol=1e-5)
        assert unit["score"] == pytest.approx(made.score[k], abs=1e-4)
        assert unit["area"] == pytest.approx(made.mask[k].sum() * 0.5)
    before = units.firings[1]
    assert len(seen[1]["firings"]) == len(before)
    assert before[1] + 0.002 in np.round(seen[1]["firings"], 5)

    # The page of the curated result goes on where this one ended.
    assert main(["report", str(curated), "-o", str(tmp_path / "again.html")]) == 0
    again = Opened(page.context.browser, tmp_path / "again.html")
    assert again.state("kmu.state.edits") == listed
    assert again.state("kmu.state.units.map(u => u.id)") == [unit["id"] for unit in seen]
    again.page.keyboard.press("x")
    again.page.keyboard.press("u")
    assert again.state("kmu.state.edits") == listed
    assert again.complaints == []
    again.page.close()


def test_every_act_is_undone_and_done_again(opened):
    page = opened.page
    acts = ["a", "x", "i", "t"]
    page.evaluate("kmu.zoom.go(1.23)")
    states = [opened.state("JSON.stringify(kmu.state.edits)")]
    for act in acts:
        page.evaluate("kmu.pick('1')")
        page.keyboard.press(act)
        states.append(opened.state("JSON.stringify(kmu.state.edits)"))
    assert len(set(states)) == len(states)
    for state in states[-2::-1]:
        page.keyboard.press("Control+z")
        assert opened.state("JSON.stringify(kmu.state.edits)") == state
    for state in states[1:]:
        page.keyboard.press("Shift+U")
        assert opened.state("JSON.stringify(kmu.state.edits)") == state


def test_firings_are_edited_by_mouse(opened):
    page = opened.page
    page.locator("#firing").click()
    before = muscle()[1].firings[0]
    box = page.locator("#trains .u-over").bounding_box()

    def at(time):
        return box["x"] + box["width"] * time / 3, box["y"] + 30

    page.mouse.click(*at(before[3]))
    assert len(opened.state("kmu.picked().firings")) == len(before) - 1
    free = (before[5] + before[6]) / 2
    page.mouse.click(*at(free))
    assert opened.state("kmu.picked().firings") == pytest.approx(
        sorted([*before[:3], *before[4:], free]), abs=0.01
    )
    page.mouse.move(*at(before[8]))
    page.mouse.down()
    page.mouse.move(*at(before[8] + 0.04), steps=3)
    page.mouse.up()
    moved = opened.state("kmu.picked().firings")
    assert min(abs(np.array(moved) - before[8] - 0.04)) < 0.01
    assert min(abs(np.array(moved) - before[8])) > 0.02


def test_a_drawn_polygon_parts_a_territory(opened):
    page = opened.page
    page.get_by_role("button", name="Split by drawing").click()
    box = page.locator(".outline[data-key='1'] path").bounding_box()
    left, middle = box["x"] - 8, box["x"] + box["width"] / 2
    top, bottom = box["y"] - 8, box["y"] + box["height"] + 8
    for x, y in [(left, top), (middle, top), (middle, bottom), (left, bottom), (left, top)]:
        page.mouse.click(x, y)
    areas = opened.state(
        "kmu.state.units.slice(0, 2).map(u => kmu.place(u.territory, kmu.data.grid).area)"
    )
    whole = muscle()[1].mask[0].sum() * 0.5
    assert sum(areas) == pytest.approx(whole)
    assert min(areas) > 0.3 * whole
    # One part is dropped, and comes back.
    page.keyboard.press("x")
    assert opened.state("kmu.state.edits[0].drop") == [1]
    page.evaluate("kmu.pick('1.1')")
    page.keyboard.press("r")
    assert opened.state("kmu.state.edits") == []


def test_lists_are_loaded_and_wrong_ones_refused_in_words(opened, tmp_path):
    page = opened.page
    (tmp_path / "good.json").write_text('{"edits": [{"action": "reject", "unit": 2}]}')
    (tmp_path / "bad.json").write_text('{"edits": [{"action": "reject", "unit": 9}]}')
    page.locator("#file").set_input_files(tmp_path / "good.json")
    page.wait_for_selector("#units tr.rejected")
    assert "2" not in outlines(page)
    page.locator("#file").set_input_files(tmp_path / "bad.json")
    opened.until("document.getElementById('message').textContent.includes('no unit 9')")
    assert opened.state("kmu.state.edits.length") == 1
