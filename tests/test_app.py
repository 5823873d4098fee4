"""``kmu app`` in a real browser: dropped, said, identified, curated, exported and gone."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from browser import Opened, violations
from scipy.io import savemat
from twitching_muscle import RATE, SPACING, muscle

pytest.importorskip("nicegui", reason="needs NiceGUI: pip install 'kmu[app]'")


class Running:
    """The app in a process, its temporary folder, and its page in a browser."""

    def __init__(self, browser, folder):
        self.folder = folder
        # NiceGUI behaves otherwise where it believes to be tested itself.
        inherited = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kmu", "app", "--no-browser", "--limit", "0.005"],
            stdout=subprocess.PIPE,
            text=True,
            env={**inherited, "TMPDIR": str(folder)},
        )
        self.address = re.search(r"http://\S+", self.process.stdout.readline())[0]
        self.opened = Opened(browser, self.address, ready="input[type=file]")
        self.page = self.opened.page

    def drop(self, path):
        self.page.locator("input[type=file]").set_input_files(path)

    def said(self, words):
        self.page.locator(".message", has_text=words).wait_for()

    def press(self, label):
        self.page.get_by_role("button", name=label, exact=True).click()

    def leave(self, number=signal.SIGTERM):
        self.page.close()
        self.process.send_signal(number)
        self.process.wait(60)


@pytest.fixture(scope="module")
def running(browser, tmp_path_factory):
    begun = Running(browser, tmp_path_factory.mktemp("temporary"))
    yield begun
    begun.process.kill()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A file that holds velocity(z, x, t) and says nothing of itself."""
    path = tmp_path_factory.mktemp("lab") / "trial #2.mat"
    savemat(path, {"v": muscle(6)[0].velocity.transpose(1, 2, 0)})
    return path


def test_what_cannot_be_read_gives_its_sentence(running, tmp_path):
    (tmp_path / "notes.mat").write_text("no recording")
    running.drop(tmp_path / "notes.mat")
    running.said("notes.mat is")
    (tmp_path / "large.mat").write_bytes(bytes(5_000_001))
    running.drop(tmp_path / "large.mat")
    running.said("large.mat is larger than 5 MB")
    assert running.page.locator(".orders").count() == 0


def test_a_recording_is_said_identified_curated_and_exported(running, recording, tmp_path):
    import kmu
    from kmu.writing import read_result

    page = running.page
    assert violations(page) == []
    running.drop(recording)
    page.locator(".orders").wait_for()
    orders = page.locator(".orders button")
    assert sorted(orders.evaluate_all("all => all.map(one => one.dataset.axes)")) == [
        "txz", "tzx", "xtz", "xzt", "ztx", "zxt",
    ]  # fmt: skip
    assert "32 deep, 48 across, 300 frames" in page.locator("[data-axes=zxt]").inner_text()
    page.locator("[data-axes=zxt]").click()
    page.locator("[data-axes=zxt][aria-pressed=true]").wait_for()
    running.press("Identify")
    running.said("does not say its frame rate, pixel size")
    for label, value in (
        ("frame rate (Hz)", RATE),
        ("pixel in depth (mm)", SPACING[0]),
        ("pixel across (mm)", SPACING[1]),
    ):
        page.get_by_label(label).fill(str(value))
    assert violations(page) == []

    # Cancelled, and begun again with what was filled in.
    running.press("Identify")
    running.press("Cancel")
    running.said("Identifying was cancelled.")
    running.press("Identify")
    report = page.frame_locator("iframe")
    report.locator("#unit > *").first.wait_for()
    assert report.locator("#units tbody tr").count() == 6
    assert violations(page) == []

    report.locator("#units tr[data-key='2']").click()
    report.locator("#units tr[data-key='2']").press("x")
    report.locator("#units tr.rejected").wait_for()
    running.press("Export")
    links = page.locator("a[download]")
    links.first.wait_for()
    saved = {}
    for link in links.all():
        with page.expect_download() as download:
            link.click()
        name = download.value.suggested_filename
        saved[name] = tmp_path / name
        download.value.save_as(saved[name])
    assert set(saved) == {
        "trial #2.units.curated.h5",
        "trial #2.units.curated.html",
        "trial #2.units.curated.mat",
        "trial #2.units.edits.json",
    }
    units, measures = read_result(saved["trial #2.units.curated.mat"])
    assert units.ids.tolist() == [1, 3, 4, 5, 6]
    assert measures["quality"].shape == (5,)
    stored = kmu.MotorUnits.load(saved["trial #2.units.curated.h5"])
    np.testing.assert_allclose(units.twitch_train, stored.twitch_train)
    assert units.frame_rate == RATE
    assert units.territory.shape == (5, 32, 48)
    assert violations(page) == []

    # A page that is loaded again shows what lies on the desk, curated.
    page.reload()
    page.frame_locator("iframe").locator("#units tr.rejected").wait_for()


def test_nothing_is_left_and_nothing_has_left(running):
    assert list(running.folder.iterdir()) != []
    running.leave()
    assert running.process.returncode == 128 + signal.SIGTERM
    assert list(running.folder.iterdir()) == []
    assert running.opened.complaints == []
    asked = {re.match(r"(blob:|data:)?(\w+://[^/]+)?", url)[2] for url in running.opened.requests}
    assert asked <= {running.address.rpartition("/")[0], None}


def test_ctrl_c_ends_what_is_being_done(browser, recording, tmp_path):
    running = Running(browser, tmp_path)
    running.drop(recording)
    running.page.locator(".doing").wait_for()
    running.leave(signal.SIGINT)
    assert running.process.returncode == 130
    assert list(tmp_path.iterdir()) == []
