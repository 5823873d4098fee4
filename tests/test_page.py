"""The report page in a real browser: looked at, reached by keys, at any width."""

import dataclasses

import numpy as np
import pytest
from browser import Opened, outlines, violations
from twitching_muscle import muscle


def ids(page):
    return [int(text) for text in page.locator("#units tbody th").all_inner_texts()]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1920, 1080), (390, 844)])
def test_it_opens_without_network_and_fits_any_width(browser, page_folder, width, height):
    seen = Opened(browser, page_folder / "trial.html", width, height)
    assert seen.complaints == []
    assert [url.split(":")[0] for url in seen.requests] == ["file"]
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("where", "when", "unit", "list"):
        box = seen.page.locator(f"#{name}").bounding_box()
        assert box["width"] > 300
        assert 0 <= box["x"] <= width - box["width"] + 1
    assert ids(seen.page) == [1, 2, 3, 4]
    seen.page.close()


def test_one_selection_is_everywhere(opened):
    page = opened.page
    page.locator(".outline[data-key='3'] path").click()
    assert page.locator("#unit h2").inner_text() == "Unit 3"
    assert page.locator("#units tr.picked").get_attribute("data-key") == "3"
    page.locator("#units tr[data-key='2']").click()
    assert page.locator(".outline.picked").get_attribute("data-key") == "2"
    page.keyboard.press("j")
    assert page.locator("#unit h2").inner_text() == "Unit 3"
    page.keyboard.press("ArrowUp")
    assert page.locator("#unit h2").inner_text() == "Unit 2"
    # A click in the trains picks the unit of the row and sets the time.
    box = page.locator("#trains .u-over").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.88)
    assert page.locator("#unit h2").inner_text() == "Unit 4"
    assert opened.state("kmu.state.time") == pytest.approx(1.5, abs=0.02)


def test_the_table_sorts_and_filters_and_all_views_follow(opened):
    page = opened.page
    heading = page.locator("#units th[data-name='firings'] button")
    heading.click()
    counts = opened.state("kmu.shown().map(unit => unit.firings.length)")
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 1
    heading.click()
    assert opened.state("kmu.shown().map(unit => unit.firings.length)") == sorted(counts)
    page.locator("#filter").fill("score>0.6 rate<11")
    rates = opened.state("kmu.state.units.map(u => [u.key, u.values.discharge_rate, u.score])")
    left = [key for key, rate, score in rates if rate < 11 and score > 0.6]
    assert 0 < len(left) < 4
    assert outlines(page) == left
    assert opened.state("kmu.courses.plots.trains.units.length") == len(left)
    page.locator("#filter").fill("rejected")
    assert page.locator("#units tbody tr").count() == 0
    flagged = opened.state("kmu.state.units.filter(u => u.flags.length).map(u => u.key)")
    button = page.locator("#doubtful")
    assert button.inner_text() == f"Doubtful ({len(flagged)})"
    button.click()
    assert outlines(page) == flagged
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert len(outlines(page)) == 4


def test_all_courses_zoom_and_pan_as_one(opened):
    page = opened.page
    page.locator("#in").click()
    assert opened.state("kmu.state.range") == pytest.approx([0, 1.5])
    box = page.locator("#rates .u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20, steps=4)
    page.mouse.up()
    assert opened.state("kmu.state.range") == pytest.approx([0.75, 2.25], abs=0.02)
    page.mouse.wheel(0, -100)
    opened.until("kmu.state.range[1] - kmu.state.range[0] < 1.3")
    scales = opened.state(
        "Object.values(kmu.courses.plots).map(p => [p.scales.x.min, p.scales.x.max])"
    )
    assert len(scales) == 4
    for scale in scales:
        assert scale == pytest.approx(opened.state("kmu.state.range"))
    page.keyboard.press("0")
    assert opened.state("kmu.state.range") == [0, 3]


def test_the_movie_plays_and_is_scrubbed(opened):
    page = opened.page
    page.keyboard.press(" ")
    opened.until("kmu.state.time > 0.02")
    assert opened.state("kmu.state.background") == "velocity"
    page.keyboard.press(" ")
    assert opened.state("kmu.state.playing") is False
    firing = muscle()[1].firings[0][2]
    page.locator("#scrub").fill(str(firing + 0.04))
    shown = "document.querySelector('#map canvas').toDataURL()"
    movie = opened.state(shown)
    assert page.locator(".outline.fires[data-key='1']").count() == 1
    # What the units explain is like the movie here, what they leave is not.
    page.locator("#background").select_option("left")
    assert opened.state(shown) != movie
    recording, _ = muscle()
    left = opened.state("Array.from(kmu.backgrounds.image().values).map(Math.abs)")
    assert np.quantile(left, 0.99) < 0.25 * np.abs(recording.velocity).max()


@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_shut_out(browser, page_folder, width):
    seen = Opened(browser, page_folder / "trial.html", width)
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    seen.page.keyboard.press("x")
    assert violations(seen.page) == []
    seen.page.keyboard.press("?")
    assert seen.page.locator("#help").is_visible()
    assert violations(seen.page) == []
    seen.page.close()


def test_emg_force_and_further_sections_shut_nobody_out(browser, page_folder, tmp_path):
    from matplotlib.figure import Figure

    from kmu.analysis.emg import EmgPair
    from kmu.report import stored_report, write_page

    rates = np.full((4, 2), 0.1)
    rates[1, 0] = 0.8
    report = dataclasses.replace(
        stored_report(page_folder / "trial.h5"),
        emg=[EmgPair(1, 0, 0.8, 0.004)],
        emg_units=2,
        emg_territory=muscle()[1].territory[:2].astype(np.float32),
        emg_rates=(rates, np.full((4, 2), 0.1)),
        force=(np.linspace(0, 3, 300), np.linspace(0, 20, 300)),
        warnings=["3 frames were bridged."],
        sections={"Trust": ["<table class='facts'><tr><th>recall</th><td>0.9</td></tr></table>",
                            Figure(figsize=(12, 9))]},
    )  # fmt: skip
    write_page(report, tmp_path / "emg.html")
    seen = Opened(browser, tmp_path / "emg.html")
    assert seen.page.locator("#force canvas").is_visible()
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert "1 of 4 units match one of 2 EMG units" in seen.page.locator("#emg").inner_text()
    assert violations(seen.page) == []
    assert seen.complaints == []
    seen.page.close()


def test_keys_reach_everything(opened):
    page = opened.page
    page.keyboard.press("?")
    listed = page.locator("#bindings").inner_text()
    for act in ("accept", "reject", "merge", "split", "undo", "filter", "firing", "play"):
        assert act in listed
    page.keyboard.press("Escape")
    reached = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        reached.add(opened.state("document.activeElement.id || document.activeElement.textContent"))
    for name in ("save", "play", "scrub", "whole", "filter", "note", "Accept", "trains"):
        assert name in reached


@pytest.mark.parametrize(("count", "seconds"), [(0, 2.0), (1, 2.0), (60, 60.0)])
def test_no_one_and_many_units_of_short_and_long_recordings(browser, tmp_path, count, seconds):
    from kmu.identification.resample import RecordingFrames
    from kmu.report import stored_report, write_page

    recording, units = muscle(count, seconds)
    units.save(tmp_path / "r.h5")
    report = stored_report(tmp_path / "r.h5", RecordingFrames(recording))
    write_page(report, tmp_path / "r.html")
    assert (tmp_path / "r.html").stat().st_size < 15e6
    seen = Opened(browser, tmp_path / "r.html")
    assert seen.complaints == []
    assert len(ids(seen.page)) == count
    assert seen.page.locator(".outline").count() == count
    said = seen.page.locator("#unit h2").inner_text()
    assert said == ("Unit 1" if count else "No motor unit")
    for key in ("j", "+", "x", "u", "."):
        seen.page.keyboard.press(key)
    assert seen.complaints == []
    seen.page.close()
