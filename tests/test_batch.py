"""Many files: every good one is identified once, every bad one is named with its reason."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from stand_in_model import write_stand_in

from kmu import cli
from kmu.config.analysis import AnalysisOptions
from kmu.errors import InputError
from kmu.identification.pipeline import identify
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.report.names import Written

batch = pytest.importorskip("kmu.batch", reason="the extra 'batch' is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("models") / "stand_in" / "1")


def noise(seed, frames=60):
    rng = np.random.default_rng(seed)
    return Recording(rng.standard_normal((frames, 16, 16), np.float32), 100.0, (0.625, 0.625))


GOOD, BAD = ("good0.h5", "good1.h5", "good2.h5"), ("cut.h5", "nan.h5", "text.h5")


def make_files(folder):
    """Three good recordings and three bad files."""
    for number, name in enumerate(GOOD):
        noise(number).save(folder / name)
    (folder / "text.h5").write_text("not HDF5")
    whole = (folder / "good0.h5").read_bytes()
    (folder / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with h5py.File(folder / "nan.h5", "w") as file:
        file["velocity"] = np.full((60, 16, 16), np.nan, np.float32)
        file.attrs.update(frame_rate=100.0, spacing=(0.625, 0.625), kind="recording")
    return folder


@pytest.fixture(scope="module")
def first_run(tmp_path_factory, model):
    """The files, what one process made of them, and its exit code."""
    home = tmp_path_factory.mktemp("batch")
    files = make_files(home / "in")
    return files, home / "out", run(files, home / "out", model)


@pytest.fixture
def finished(first_run, tmp_path):
    """Files and results of a first run, to be changed; their times are those of the originals."""
    files, out, _ = first_run
    return shutil.copytree(files, tmp_path / "in"), shutil.copytree(out, tmp_path / "out")


def run(files, out, model, *options):
    return cli.main(
        ["batch", str(files / "*.h5"), "--out", str(out), "--model", str(model), *options]
    )


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_good_files_are_identified_and_bad_ones_listed(first_run, model):
    _, out, code = first_run
    assert code == 1
    results, failures = table(out / "results.csv"), table(out / "failures.csv")
    assert [os.path.basename(row["source"]) for row in results] == list(GOOD)
    assert [os.path.basename(row["source"]) for row in failures] == list(BAD)
    assert all(row["reason"] and "\n" not in row["reason"] for row in failures)
    for number, row in enumerate(results):
        found = MotorUnits.load(row["result"])
        direct = identify(noise(number), str(model))
        assert int(row["units"]) == len(found) == len(direct) > 0
        np.testing.assert_allclose(found.twitch_train, direct.twitch_train, atol=1e-4)


def test_a_second_run_does_only_what_is_missing(finished, model):
    files, out = finished
    untouched, changed = out / "good0.units.h5", out / "good1.units.h5"
    (out / "good2.units.h5").unlink()
    before = {path: path.stat().st_mtime_ns for path in (untouched, changed)}
    noise(99).save(files / "good1.h5")
    noise(7).save(files / "nan.h5")
    run(files, out, model)
    assert untouched.stat().st_mtime_ns == before[untouched]
    assert changed.stat().st_mtime_ns != before[changed]
    assert (out / "good2.units.h5").exists()
    assert len(table(out / "results.csv")) == 4
    assert len(table(out / "failures.csv")) == 2


def test_another_model_or_option_does_everything_again(finished, model):
    files, out = finished
    before = [(out / name).with_suffix(".units.h5").stat().st_mtime_ns for name in GOOD]
    run(files, out, model, "--block-seconds", "4")
    after = [(out / name).with_suffix(".units.h5").stat().st_mtime_ns for name in GOOD]
    assert all(late > early for early, late in zip(before, after, strict=True))


def test_folders_and_names_are_kept_and_results_are_those_of_identify(tmp_path, model):
    study = tmp_path / "study"
    for folder in ("day1/left", "day2"):
        (study / folder).mkdir(parents=True)
        noise(0).save(study / folder / "same.h5")
    out = tmp_path / "out"
    chosen = ["--model", str(model), "--score-threshold", "0.5", "--figure", ".pdf", "--quiet"]
    chosen += ["--export", "csv"]
    assert cli.main(["batch", str(study), "-o", str(out), *chosen]) == 0
    made = sorted(str(path.relative_to(out)) for path in out.rglob("*.units*"))
    endings = ("csv", "firings.csv", "h5", "html", "pdf", "provenance.json", "record.json")
    expected = [
        f"{folder}/same.units.{ending}" for folder in ("day1/left", "day2") for ending in endings
    ]
    assert made == expected
    single = tmp_path / "single.h5"
    assert cli.main(["identify", str(study / "day2/same.h5"), "-o", str(single), *chosen]) == 0
    found, direct = MotorUnits.load(out / "day2/same.units.h5"), MotorUnits.load(single)
    np.testing.assert_array_equal(found.territory, direct.territory)
    assert found.score.min() >= 0.5
    told = [dict(units.provenance) for units in (found, direct)]
    assert told[0].pop("date")
    assert told[1].pop("date")
    assert told[0] == told[1]


def test_without_a_folder_results_lie_beside_their_recordings_and_stay(tmp_path, model):
    noise(0).save(tmp_path / "a" / "one.h5")
    command = ["batch", str(tmp_path / "a"), "--model", str(model), "--quiet"]
    command += ["--figure", "none", "--report", "none"]
    assert cli.main(command) == 0
    first = (tmp_path / "a" / "one.units.h5").stat().st_mtime_ns
    assert cli.main(command) == 0
    assert (tmp_path / "a" / "one.units.h5").stat().st_mtime_ns == first
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "one.h5", "one.units.h5", "one.units.record.json", "results.csv", "failures.csv",
        ".failures",
    }  # fmt: skip


@pytest.mark.slow
def test_two_workers_give_what_one_gives_and_a_kill_loses_little(first_run, tmp_path, model):
    files, one, _ = first_run
    two = tmp_path / "two"
    command = [sys.executable, "-m", "kmu", "batch", str(files / "*.h5"), "--model", str(model)]
    command += ["--workers", "2", "--out", str(two)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline and not list(two.glob("*.json")):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    finished = {path: path.stat().st_mtime_ns for path in two.glob("*.json")}
    assert finished
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())
    for name in ("results.csv", "failures.csv"):
        rows = [
            [(row["source"], row.get("units"), row.get("reason")) for row in table(out / name)]
            for out in (one, two)
        ]
        assert rows[0] == rows[1]


def test_nothing_to_do_is_said(tmp_path, model, capsys):
    assert run(tmp_path, tmp_path / "out", model) == 2
    assert "names no file" in capsys.readouterr().err


def test_plans_hold_options_and_what_is_written(tmp_path):
    noise(0).save(tmp_path / "a.h5")
    options, written = AnalysisOptions(band=(5.0, 40.0)), Written(figure=".pdf")
    files, base = batch.find_files([str(tmp_path / "*.h5")])
    (task,) = batch.plan(files, base, tmp_path / "out", {"axes": "txz"}, options, written)
    assert task.result == str(tmp_path / "out" / "a.units.h5")
    assert (task.reading, task.options, task.written) == ({"axes": "txz"}, options, written)


def test_folders_names_and_globs_have_the_folder_that_they_share(tmp_path):
    for name in ("study/day1/a.h5", "study/day2/a.h5", "study/day2/.hidden/b.h5"):
        noise(0).save(tmp_path / name)
    study = tmp_path / "study"
    two = [study / "day1" / "a.h5", study / "day2" / "a.h5"]
    for given, base in (
        ([study], study),
        ([study / "day1", study / "day2"], study),
        ([study / "**" / "*.h5"], study),
        (two, study),
        ([study / "day*"], study),
    ):
        assert batch.find_files(map(str, given)) == (two, base)
    assert batch.find_files([str(study / "day1" / "a.h5")]) == (two[:1], study / "day1")
    images = tmp_path / "images"
    images.mkdir()
    for number, image in enumerate(noise(0, 4).velocity):
        np.save(images / f"f{number}.npy", image)
    assert batch.find_files([str(images)]) == ([images], tmp_path)
    (task,) = batch.plan([images], tmp_path, tmp_path / "out", {})
    assert task.result == str(tmp_path / "out" / "images.units.h5")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no recordings"):
        batch.find_files([str(tmp_path / "empty")])


def test_each_of_many_recordings_has_its_own_firings(tmp_path):
    for name in ("a.h5", "b.h5"):
        noise(0).save(tmp_path / name)
    emg = tmp_path / "emg"
    emg.mkdir()
    (emg / "a.csv").write_text("unit,time_s\n1,0.1\n")
    files, base = batch.find_files([str(tmp_path / "*.h5")])
    tasks = batch.plan(files, base, None, {}, AnalysisOptions(firings=str(emg)))
    assert [task.options.firings for task in tasks] == [str(emg / "a.csv"), ""]
    with pytest.raises(InputError, match="goes with one recording; several are given"):
        batch.plan(files, base, None, {}, AnalysisOptions(firings=str(emg / "a.csv")))
    (emg / "a.mat").write_text("x")
    with pytest.raises(InputError, match=r"a\.csv or a\.mat"):
        batch.plan(files, base, None, {}, AnalysisOptions(firings=str(emg)))
