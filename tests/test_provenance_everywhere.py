"""What one result says of itself is the same in every format, on its page, and after curation."""

import gzip
import hashlib
import html
import importlib.util
import json
import shlex
from datetime import datetime

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching
from stand_in_model import write_stand_in

from kmu._version import __version__
from kmu.cli import main
from kmu.motor_units import MotorUnits
from kmu.report.page.sentences import command
from kmu.writing.matlab import read_matlab
from kmu.writing.table import read_table

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("model") / "standin" / "1")


@pytest.fixture(scope="module")
def told_everything(tmp_path_factory, model):
    """A MATLAB file of cm/s with EMG beside it, identified into every format."""
    folder = tmp_path_factory.mktemp("told")
    velocity = twitching(CENTRES)[0].velocity.transpose(1, 2, 0)
    scipy.io.savemat(folder / "trial.mat", {"tvi": velocity / 10, "other": np.ones((3, 3))})
    (folder / "emg.csv").write_text("unit,time_s\n1,0.1\n1,0.4\n1,99.0\n")
    command = ["identify", str(folder / "trial.mat"), "--model", str(model), "--quiet"]
    command += ["--variable", "tvi", "--axes", "zxt", "--unit", "cm/s", "--frame-rate", "250"]
    command += ["--spacing", "1", "0.5", "--band", "5", "40", "--score-threshold", "0.3"]
    command += ["--firings", str(folder / "emg.csv"), "--firings-offset", "0.1"]
    formats = ["matlab", "csv", "openhdemg", "bids"]
    formats += ["nwb"] if importlib.util.find_spec("pynwb") else []
    assert main([*command, "-o", str(folder / "r.h5"), "--export", *formats]) == 0
    return folder


def in_every_file(stem):
    """Provenance and ids as each format tells them: those of files that are there."""
    with gzip.open(stem.with_suffix(".json"), "rt") as file:
        extras = json.loads(json.loads(json.load(file)["EXTRAS"])["data"][0][0])
    matlab = read_matlab(stem.with_suffix(".mat"))
    table = read_table(stem.with_suffix(".csv"))
    events = json.loads(stem.with_name(f"{stem.name}_events.json").read_text())
    told = {
        "matlab": (matlab.provenance, matlab.ids.tolist()),
        "csv": (
            json.loads(stem.with_suffix(".provenance.json").read_text()),
            [int(unit) for unit in table["unit"]],
        ),
        "openhdemg": ({k: v for k, v in extras.items() if k != "ids"}, extras["ids"]),
        "bids": (events["Provenance"], None),
    }
    if stem.with_suffix(".nwb").exists():
        import pynwb

        with pynwb.NWBHDF5IO(str(stem.with_suffix(".nwb")), "r") as io:
            inside = io.read()
            told["nwb"] = (json.loads(inside.notes), inside.units.id[:].tolist())
    return told


def test_a_result_says_all_of_how_it_was_made(told_everything):
    made = MotorUnits.load(told_everything / "r.h5").provenance
    raw, emg = (
        hashlib.sha256((told_everything / name).read_bytes()).hexdigest()
        for name in ("trial.mat", "emg.csv")
    )
    source = made["source"]
    assert {name: source[name] for name in ("file", "variable", "axes", "kind", "unit")} == {
        "file": "trial.mat", "variable": "tvi", "axes": "zxt", "kind": "velocity", "unit": "cm/s"
    }  # fmt: skip
    assert (source["sha256"], source["bytes"]) == (
        raw,
        (told_everything / "trial.mat").stat().st_size,
    )
    assert (source["frame_rate_hz"], source["spacing_mm"]) == (250.0, [1.0, 0.5])
    assert made["emg"] == {"file": "emg.csv", "sha256": emg, "rate_hz": None, "offset_s": 0.1}
    assert made["options"] == {
        "block_seconds": 5.0, "band_hz": [5.0, 40.0], "suppress_motion": "none",
        "motion_order": None, "least_quality": 0.0,
    }  # fmt: skip
    assert made["thresholds"] == {"score": 0.3, "firing": 0.5}
    assert (made["kmu"], made["model"]["name"]) == (__version__, "standin/1")
    assert len(made["model"]["sha256"]) == 16
    assert datetime.fromisoformat(made["date"]).tzinfo is not None
    assert any("1 of 3 firings" in one or "outside" in one for one in made["warnings"])


def test_every_format_says_the_same_and_has_the_same_ids(told_everything):
    units = MotorUnits.load(told_everything / "r.h5")
    for name, (made, ids) in in_every_file(told_everything / "r").items():
        assert made == units.provenance, name
        assert ids in (None, units.ids.tolist()), name


def test_the_page_says_it_too(told_everything):
    made = MotorUnits.load(told_everything / "r.h5").provenance
    page = (told_everything / "r.html").read_text()
    said = [__version__, made["date"], made["model"]["sha256"], made["source"]["sha256"]]
    said += ["trial.mat", "tvi", "axes zxt", "cm/s", "250 Hz", "1 x 0.5 mm", "score 0.3"]
    said += ["band 5 to 40 Hz", made["emg"]["sha256"], "offset 0.1 s"]
    assert [one for one in said if one not in page] == []
    assert [one for one in made["warnings"] if html.escape(one) not in page] == []


def test_the_command_on_the_page_makes_the_same_result_again(told_everything, tmp_path, model):
    units = MotorUnits.load(told_everything / "r.h5")
    verb, *given = shlex.split(command(units.provenance, "again.h5"))[1:]
    paths = {"trial.mat", "emg.csv"}
    given = [str(told_everything / one) if one in paths else one for one in given]
    given[given.index("--model") + 1] = str(model)
    given[-1] = str(tmp_path / "again.h5")
    assert main([verb, *given, "--quiet", "--figure", "none", "--report", "none"]) == 0
    again = MotorUnits.load(tmp_path / "again.h5")
    np.testing.assert_array_equal(again.twitch_train, units.twitch_train)
    before, after = dict(units.provenance), dict(again.provenance)
    assert before.pop("date")
    assert after.pop("date")
    assert after == before


def test_ids_and_provenance_survive_curation_and_every_export_of_it(told_everything, tmp_path):
    units = MotorUnits.load(told_everything / "r.h5")
    second = int(units.ids[1])
    edits = {"edits": [{"action": "reject", "unit": 1}, {"action": "accept", "unit": 2}]}
    (tmp_path / "edits.json").write_text(json.dumps(edits))
    curated = tmp_path / "c.h5"
    command = ["curate", str(told_everything / "r.h5"), "--edits", str(tmp_path / "edits.json")]
    assert main([*command, "-o", str(curated), "--quiet"]) == 0
    kept = MotorUnits.load(curated)
    assert kept.provenance == units.provenance
    assert kept.ids.tolist() == [second]
    formats = ["matlab", "csv", "openhdemg", "bids"]
    formats += ["nwb"] if importlib.util.find_spec("pynwb") else []
    assert main(["export", str(curated), "--to", *formats, "--quiet"]) == 0
    for name, (made, ids) in in_every_file(tmp_path / "c").items():
        assert made == units.provenance, name
        assert ids in (None, [second]), name
    assert main(["report", str(curated), "--quiet"]) == 0
    assert units.provenance["source"]["sha256"] in (tmp_path / "c.html").read_text()
