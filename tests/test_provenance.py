"""A result says how it was made, wherever it is written, and its units keep their names."""

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

import kmu
from kmu._version import __version__
from kmu.analysis.curation import apply_edits
from kmu.analysis.pipeline import analyse_source
from kmu.cli import main
from kmu.errors import InputError
from kmu.identification.pipeline import at_rate
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.reading import open_recording
from kmu.report import draw_figure, overview
from kmu.report.page.sentences import command
from kmu.writing import write_result
from kmu.writing.matlab import read_matlab
from kmu.writing.table import read_table

CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("model") / "standin" / "1")


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "trial.h5"
    twitching(CENTRES)[0].save(path)
    return path


@pytest.fixture
def units():
    """Three units that were called 7, 3 and 5."""
    return MotorUnits(
        territory=np.ones((3, 4, 4)),
        twitch_train=np.zeros((3, 20)),
        firings=[[0.1], [0.2], [0.3]],
        score=[0.5, 0.9, 0.7],
        frame_rate=100.0,
        spacing=(1.0, 1.0),
        ids=[7, 3, 5],
        provenance={"kmu": "1.0"},
    )


def test_a_result_tells_model_thresholds_options_and_source(recording, model, tmp_path):
    out = tmp_path / "out.h5"
    command = ["identify", str(recording), "--model", str(model), "-o", str(out), "--quiet"]
    assert main([*command, "--score-threshold", "0.4", "--suppress-motion", "polynomial"]) == 0
    made = MotorUnits.load(out).provenance
    assert made["kmu"] == __version__
    assert made["model"]["name"] == "standin/1"
    assert len(made["model"]["sha256"]) == 16
    assert made["thresholds"] == {"score": 0.4, "firing": 0.5}
    assert made["options"]["suppress_motion"] == "polynomial"
    source = made["source"]
    assert source["file"] == "trial.h5"
    assert source["sha256"] == hashlib.sha256(recording.read_bytes()).hexdigest()
    assert source["bytes"] == recording.stat().st_size
    assert (source["frame_rate_hz"], source["spacing_mm"]) == (250.0, [1.0, 0.5])
    assert (source["kind"], source["unit"]) == ("velocity", "mm/s")
    page = out.with_suffix(".html").read_text()
    assert source["sha256"] in page
    assert made["model"]["sha256"] in page
    assert made["date"] in page


def test_what_is_in_memory_is_described_too(model):
    made = analyse_source(RecordingFrames(twitching(CENTRES)[0]), model).units.provenance
    assert made["source"]["sha256"] is None
    json.dumps(made)


@pytest.mark.parametrize("threshold", ["-0.1", "5"])
@pytest.mark.parametrize("option", ["--score-threshold", "--firing-threshold"])
def test_a_threshold_lies_in_0_to_1(option, threshold, recording, model, tmp_path, capsys):
    command = ["identify", str(recording), "--model", str(model), "-o", str(tmp_path / "o.h5")]
    assert main([*command, f"{option}={threshold}"]) == 2
    assert "0 to 1" in capsys.readouterr().err


def test_a_figure_that_cannot_be_written_is_refused_before_any_work(recording, model, tmp_path):
    out = tmp_path / "o.h5"
    command = ["identify", str(recording), "--model", str(model), "-o", str(out)]
    assert main([*command, "--figure", str(tmp_path / "x.xyz")]) == 2
    assert not out.exists()


def test_ids_stay_with_their_units_when_these_are_sorted(units):
    assert units.ids.tolist() == [3, 5, 7]
    assert [times[0] for times in units.firings] == [0.2, 0.3, 0.1]


def test_ids_survive_selection_another_rate_and_a_file(units, tmp_path):
    units.select([2, 0]).save(tmp_path / "some.h5")
    loaded = MotorUnits.load(tmp_path / "some.h5")
    assert loaded.ids.tolist() == [3, 7]
    assert loaded.provenance == {"kmu": "1.0"}
    assert at_rate(units, 50.0, 10).ids.tolist() == [3, 5, 7]


def test_units_that_nobody_named_are_counted_from_the_best():
    found = MotorUnits(np.ones((2, 3, 3)), np.zeros((2, 5)), [[], []], [0.2, 0.8], 100.0, (1, 1))
    assert found.ids.tolist() == [1, 2]


def test_two_units_of_one_name_are_refused(units):
    with pytest.raises(InputError, match="different"):
        MotorUnits(
            units.territory,
            units.twitch_train,
            units.firings,
            units.score,
            100.0,
            (1, 1),
            [1, 1, 2],
        )


def test_curation_keeps_ids_and_gives_new_parts_new_ones(units):
    edits = [{"action": "accept", "unit": 3}, {"action": "split", "unit": 1, "at": 0.1}]
    curated = apply_edits(units, edits)
    assert curated.ids.tolist() == [7, 3, 8, 5]
    assert curated.provenance == units.provenance


def test_every_export_has_ids_and_provenance(units, tmp_path):
    matlab = read_matlab(write_result(units, tmp_path / "r", "matlab"))
    assert matlab.ids.tolist() == [3, 5, 7]
    assert matlab.provenance == {"kmu": "1.0"}
    table = write_result(units, tmp_path / "r", "csv")
    assert read_table(table)["unit"] == [3, 5, 7]
    beside = json.loads((tmp_path / "r.provenance.json").read_text())
    assert beside == {"kmu": "1.0"}
    with gzip.open(write_result(units, tmp_path / "r", "openhdemg"), "rt") as file:
        extras = json.loads(json.load(file)["EXTRAS"])["data"]
    assert json.loads(extras[0][0]) == {"kmu": "1.0", "ids": [3, 5, 7]}


def test_a_matlab_user_reads_the_provenance_as_text(units, tmp_path):
    values = scipy.io.loadmat(write_result(units, tmp_path / "r", "matlab"))
    assert json.loads(str(values["provenance"][0])) == {"kmu": "1.0"}


def test_a_missing_output_gets_a_name_beside_the_recording(recording, model):
    assert main(["identify", str(recording), "--model", str(model), "--quiet"]) == 0
    assert len(MotorUnits.load(recording.with_name("trial.units.h5"))) == 2


def test_a_file_an_array_and_a_recording_give_the_same_units(recording, model):
    made = twitching(CENTRES)[0]
    from_file = kmu.identify(recording, model)
    array = kmu.identify(made.velocity, model, frame_rate=250.0, spacing=(1.0, 0.5))
    for found in (from_file, array):
        np.testing.assert_array_equal(found.territory, kmu.identify(made, model).territory)


def test_an_array_without_its_frame_rate_is_refused(model):
    with pytest.raises(InputError, match="frame_rate"):
        kmu.identify(twitching(CENTRES)[0].velocity, model, spacing=(1.0, 0.5))


def test_all_of_many_units_are_drawn_and_the_title_counts_all():
    def many(count):
        return MotorUnits(
            np.ones((count, 4, 4)), np.zeros((count, 20)), [[]] * count, np.ones(count), 100, (1, 1)
        )

    assert len(overview(np.ones((4, 4)), many(40)).score) == 40
    figure = draw_figure(overview(np.ones((4, 4)), many(70)))
    assert figure.axes[0].get_title() == "70 motor units"


def test_inspecting_a_result_proposes_nothing(units, tmp_path, capsys):
    units.save(tmp_path / "r.h5")
    assert main(["inspect", str(tmp_path / "r.h5")]) == 0
    shown = capsys.readouterr().out
    assert "motor units" in shown
    assert "kmu identify" not in shown


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


def test_a_curated_result_gets_a_name_beside_the_result(units, tmp_path):
    units.save(tmp_path / "r.h5")
    (tmp_path / "e.json").write_text('{"edits": [{"action": "reject", "unit": 1}]}')
    command = ["curate", str(tmp_path / "r.h5"), "--edits", str(tmp_path / "e.json"), "--quiet"]
    assert main(command) == 0
    assert MotorUnits.load(tmp_path / "r.curated.h5").ids.tolist() == [5, 7]


def test_iq_says_what_it_was_made_velocity_with(tmp_path):
    rng = np.random.default_rng(0)
    frames = rng.standard_normal((300, 12, 6)) + 1j * rng.standard_normal((300, 12, 6))
    np.save(tmp_path / "iq.npy", frames.astype(np.complex64))
    source = open_recording(
        tmp_path / "iq.npy", axes="tzx", frame_rate=1000.0, spacing=(1.0, 1.0), kind="iq",
        centre_frequency=7.5e6, estimator="kasai",
    )  # fmt: skip
    assert source.meta["conversion"] == {
        "centre_frequency": 7.5e6, "sound_speed": 1540.0, "estimator": "kasai"
    }  # fmt: skip
