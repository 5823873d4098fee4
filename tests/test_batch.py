"""Many files: every good one is identified once, every bad one is named with its reason."""

import csv
import json
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
from kmu.errors import InputError
from kmu.identification.pipeline import identify
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

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


def test_files_of_the_same_name_do_not_overwrite_each_other(tmp_path, model):
    for folder in ("a", "b"):
        noise(0).save(tmp_path / folder / "same.h5")
    out = tmp_path / "out"
    pattern = str(tmp_path / "[ab]" / "same.h5")
    assert cli.main(["batch", pattern, "--out", str(out), "--model", str(model)]) == 0
    assert len(list(out.glob("same-*.units.h5"))) == 2


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


def test_plans_are_stable_and_records_hold_the_reading_options(tmp_path):
    noise(0).save(tmp_path / "a.h5")
    (task,) = batch.plan(batch.find_files([str(tmp_path / "*.h5")]), tmp_path, {"axes": "txz"})
    assert task.result == str(tmp_path / "a.units.h5")
    assert json.loads(json.dumps(task.reading)) == {"axes": "txz"}


def test_only_folders_is_an_error(tmp_path):
    with pytest.raises(InputError, match="only folders"):
        batch.find_files([str(tmp_path)])
