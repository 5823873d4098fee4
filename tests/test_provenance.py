"""A result says how it was made, wherever it is written, and its units keep their names."""

import gzip
import hashlib
import json

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching
from stand_in_model import write_stand_in

import kmu
from kmu._version import __version__
from kmu.analysis.curation import apply_edits
from kmu.analysis.pipeline import analyse_source
from kmu.analysis.provenance import facts
from kmu.cli import main
from kmu.errors import InputError
from kmu.identification.pipeline import at_rate
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.reading import open_recording
from kmu.report import draw_figure, overview
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


def test_units_dropped_for_their_quality_are_among_those_not_given(model):
    source = RecordingFrames(twitching(CENTRES)[0])
    whole = analyse_source(source, model).units
    none = analyse_source(source, model, least_quality=1.0).units
    assert len(none) < len(whole)
    expected = whole.provenance["not_given"] + whole.score.sum() - none.score.sum()
    assert none.provenance["not_given"] == pytest.approx(float(expected), abs=1e-5)
    told = whole.provenance["likeness"]["expected"]
    assert told["not_given"] == whole.provenance["not_given"]
    assert f"with {told['not_given']:.1f} more expected" in facts(whole.provenance)["expected F1"]


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
