"""Several recordings in one command: which they are, where results go, and what fails."""

import shutil

import numpy as np
import pytest
from made_recordings import twitching
from stand_in_model import write_stand_in

from kmu.cli import main
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.progress import set_quiet
from kmu.reading.several import recordings_of

CENTRES = [(6.0, 5.0), (16.0, 14.0)]
RECORDING = twitching(CENTRES)[0]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("model") / "standin" / "1")


@pytest.fixture
def day(tmp_path):
    """A folder of two recordings, a damaged one and notes."""
    folder = tmp_path / "day"
    folder.mkdir()
    RECORDING.save(folder / "rest.h5")
    shutil.copy(folder / "rest.h5", folder / "ramp_30.h5")
    (folder / "damaged.mat").write_bytes(b"nothing")
    (folder / "notes.txt").write_text("hello")
    return folder


def test_the_others_go_on_where_one_fails(day, tmp_path, model, capsys):
    single = tmp_path / "single.h5"
    shutil.copy(day / "rest.h5", single)
    given = ["identify", str(single), str(day), "--model", str(model)]
    assert main([*given, "-o", str(tmp_path / "out") + "/", "--quiet"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 2
    assert said[0].startswith("kmu: ")
    assert "damaged.mat" in said[0]
    assert said[1] == "kmu: 1 of 4 recordings failed, for the reasons above"
    results = sorted((tmp_path / "out").glob("*.h5"))
    assert [path.name for path in results] == [
        "ramp_30.units.h5", "rest.units.h5", "single.units.h5"
    ]  # fmt: skip
    assert [len(MotorUnits.load(path)) for path in results] == [2, 2, 2]


def test_results_lie_beside_their_recordings_and_are_no_recordings_later(day, model):
    (day / "damaged.mat").unlink()
    MotorUnits.none((10, 4, 4), 100.0, (1.0, 1.0)).save(day / "truth.h5")
    before = recordings_of(day)
    assert [path.name for path in before] == ["ramp_30.h5", "rest.h5"]
    command = ["identify", str(day), "--model", str(model), "--export", "matlab", "--quiet"]
    assert main(command) == 0
    assert (day / "rest.units.h5").exists()
    assert (day / "ramp_30.units.mat").exists()
    assert recordings_of(day) == before


def test_what_belongs_to_one_recording_is_refused_for_several(day, model, capsys):
    given = ["identify", str(day), "--model", str(model)]
    for option, word in (
        (["-o", str(day / "out.h5")], "-o FOLDER/"),
        (["--figure", str(day / "a.png")], f"--figure {day / 'a.png'} goes with one recording"),
        (["--report", "a.html"], "--report a.html goes with one recording"),
        (["--firings", str(day / "a.csv")], f"--firings {day / 'a.csv'} goes with one recording"),
    ):
        assert main([*given, *option]) == 2
        assert word in capsys.readouterr().err
    assert len(list(day.iterdir())) == 4


def test_recordings_of_one_name_get_results_of_two(day, tmp_path, model, capsys):
    other = tmp_path / "other"
    shutil.copytree(day, other)
    given = ["identify", str(day / "rest.h5"), str(other / "rest.h5"), "--model", str(model)]
    assert main([*given, "-o", str(tmp_path / "out") + "/"]) == 2
    assert "written twice" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    np.save(day / "rest.npy", RECORDING.velocity)
    given[2] = str(day / "rest.npy")
    reading = ["--axes", "tzx", "--spacing", "1", "0.5", "--frame-rate", "250"]
    assert main([*given, *reading, "--quiet"]) == 0
    assert {path.name for path in day.glob("*.units.h5")} == {
        "rest.h5.units.h5", "rest.npy.units.h5"
    }  # fmt: skip


def test_a_folder_of_images_is_one_recording_and_one_of_stretches_needs_axes(tmp_path, capsys):
    images, stretches = tmp_path / "images", tmp_path / "stretches"
    for folder in (images, stretches):
        folder.mkdir()
    for i, frame in enumerate(RECORDING.velocity[:4]):
        np.save(images / f"f{i}.npy", frame)
        np.save(stretches / f"part{i}.npy", RECORDING.velocity[:50])
    assert recordings_of(images) == [images]
    assert recordings_of(tmp_path) == [images]
    set_quiet(False)
    assert recordings_of(stretches, axes="tzx") == [stretches]
    assert "stretches of one recording" in capsys.readouterr().err
    assert recordings_of(stretches) == sorted(stretches.iterdir())


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no recordings"):
        recordings_of(tmp_path)
