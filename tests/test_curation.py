"""Curation: edits are applied to a result and kept with it; the original is never lost."""

import json

import h5py
import numpy as np
import pytest
from test_write import made, same

from kmu.analysis.curation import apply_edits, load_original, read_edits, write_curated
from kmu.analysis.physiology import measure
from kmu.cli import main
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.writing.native import read_measures, write_native


def test_accept_and_reject():
    units = made(4)
    curated = apply_edits(
        units, [{"action": "reject", "unit": 1}, {"action": "accept", "unit": 4, "note": "clear"}]
    )
    assert len(curated) == 3
    np.testing.assert_array_equal(curated.territory[0], units.territory[3])
    assert curated.score[0] == 1
    assert len(apply_edits(units.select([0]), [{"action": "reject", "unit": 1}])) == 0


def test_merge_joins_territories_and_firings_once():
    units = made(3)
    firings = [np.array([0.1, 0.5]), np.array([0.105, 0.3]), np.array([0.9])]
    units = MotorUnits(units.territory, units.twitch_train, firings, units.score, 250.0, (0.8, 0.3))
    curated = apply_edits(units, [{"action": "merge", "units": [1, 2]}])
    assert len(curated) == 2
    np.testing.assert_array_equal(
        curated.territory[0], np.maximum(units.territory[0], units.territory[1])
    )
    np.testing.assert_allclose(curated.firings[0], [0.1, 0.3, 0.5])


def test_split_in_space_and_in_time():
    units = made(2)
    seeds = [[2.0, 1.5], [7.0, 1.5]]
    space = apply_edits(units, [{"action": "split", "unit": 1, "seeds": seeds}])
    assert len(space) == 3
    parts = [k for k in range(3) if space.score[k] == units.score[0]]
    np.testing.assert_array_equal(space.territory[parts].sum(0), units.territory[0])
    assert not (space.territory[parts].min(0) > 0).any()
    halves = apply_edits(units, [{"action": "split", "unit": 1, "at": 1.0}])
    parts = [k for k in range(3) if halves.score[k] == units.score[0]]
    np.testing.assert_array_equal(halves.twitch_train[parts].sum(0), units.twitch_train[0])
    joined = np.concatenate([halves.firings[k] for k in parts])
    np.testing.assert_array_equal(np.sort(joined), units.firings[0])


def test_a_split_in_space_is_by_distance_in_mm_along_both_axes():
    # 0.8 mm deep, 0.3 mm wide pixels. The middle between the seeds, 4.2 and 3.06 mm, lies between
    # the centres of two of them, and would not if a pixel were where it begins.
    unit = MotorUnits(np.ones((1, 10, 20)), np.ones((1, 50)), [[0.1]], [0.9], 100.0, (0.8, 0.3))
    for axis, seeds in ((1, [[4.0, 1.0], [4.0, 5.12]]), (0, [[1.0, 3.0], [7.4, 3.0]])):
        parts = apply_edits(unit, [{"action": "split", "unit": 1, "seeds": seeds}])
        where = [np.unique(np.nonzero(part >= 0.5)[axis]).tolist() for part in parts.territory]
        half = unit.territory.shape[1 + axis] // 2
        assert sorted(where) == [list(range(half)), list(range(half, 2 * half))]


WRONG = [
    {"action": "delete", "unit": 1},
    {"action": "reject", "unit": 0},
    {"action": "reject", "unit": 4},
    {"action": "reject", "unit": "1"},
    {"action": "reject"},
    {"action": "merge", "units": [1]},
    {"action": "merge", "units": [1, 1]},
    {"action": "merge", "units": 3},
    {"action": "split", "unit": 1},
    {"action": "split", "unit": 1, "at": 99},
    {"action": "split", "unit": 1, "at": "now"},
    {"action": "split", "unit": 1, "seeds": [[1, 2]]},
    {"action": "split", "unit": 1, "seeds": "x"},
    {"action": "split", "unit": 1, "seeds": [[1, 2], [900, 900]]},
]


@pytest.mark.parametrize("edit", WRONG, ids=json.dumps)
def test_wrong_edits_are_refused(edit):
    with pytest.raises(InputError, match="edit 1"):
        apply_edits(made(3), [edit])


def test_a_unit_is_edited_once_only():
    edits = [{"action": "reject", "unit": 2}, {"action": "merge", "units": [1, 2]}]
    with pytest.raises(InputError, match="second time"):
        apply_edits(made(3), edits)


def test_the_original_and_the_edits_stay_with_the_curated_result(tmp_path):
    units, found, curated = made(4), tmp_path / "found.h5", tmp_path / "curated.h5"
    units.save(found)
    before = found.read_bytes()
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps({"edits": [{"action": "reject", "unit": 2}]}))
    assert main(["curate", str(found), "--edits", str(edits), "-o", str(curated)]) == 0
    assert found.read_bytes() == before
    assert len(MotorUnits.load(curated)) == 3
    same(load_original(curated), units)
    with h5py.File(curated) as file:
        assert json.loads(file.attrs["edits"])["edits"] == read_edits(edits)
    # Curating the curated file starts from the original again.
    again = write_curated(curated, [{"action": "reject", "unit": 1}], tmp_path / "again.h5")
    np.testing.assert_array_equal(again.territory, units.territory[1:])
    same(load_original(tmp_path / "again.h5"), units)


def test_a_result_is_never_written_over(tmp_path, capsys):
    made(2).save(tmp_path / "found.h5")
    (tmp_path / "edits.json").write_text('{"edits": []}')
    found = str(tmp_path / "found.h5")
    assert main(["curate", found, "--edits", str(tmp_path / "edits.json"), "-o", found]) == 2
    assert "another file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[]", "{", '{"edits": 3}', '{"edits": ["a"]}'])
def test_what_is_no_edit_list_is_refused(tmp_path, text):
    (tmp_path / "edits.json").write_text(text)
    with pytest.raises(InputError):
        read_edits(tmp_path / "edits.json")


SAME_LISTS = {
    "plain": b'{"edits": [{"action": "reject", "unit": 1}]}',
    "byte order mark": b'\xef\xbb\xbf{"edits": [{"action": "reject", "unit": 1}]}',
    "UTF-16": '{"edits": [{"action": "reject", "unit": 1}]}'.encode("utf-16"),
    "one object": b'{"edits": {"action": "reject", "unit": 1}}',
    "a float": b'{"edits": [{"action": "reject", "unit": 1.0}]}',
    "lists of one": b'{"edits": [{"action": ["reject"], "unit": [1]}]}',
    "all fields": b'{"edits": {"action": "reject", "unit": 1, "units": [], "at": null}}',
}


@pytest.mark.parametrize("name", SAME_LISTS)
def test_lists_of_other_programs_mean_the_same(tmp_path, name):
    (tmp_path / "e.json").write_bytes(SAME_LISTS[name])
    assert read_edits(tmp_path / "e.json") == [{"action": "reject", "unit": 1}]


def test_a_struct_array_of_matlab_is_a_list_of_different_edits(tmp_path):
    full = {"unit": [], "units": [], "seeds": [], "at": [], "note": ""}
    edits = [
        {**full, "action": "split", "unit": 2, "at": 1.0},
        {**full, "action": "merge", "units": [3.0, 4.0]},
        {**full, "action": "split", "unit": 1, "seeds": [[2.0, 1.5], [7.0, 1.5]]},
    ]
    (tmp_path / "e.json").write_text(json.dumps({"edits": edits}))
    assert len(apply_edits(made(4), read_edits(tmp_path / "e.json"))) == 5


def test_half_a_unit_is_refused(tmp_path):
    (tmp_path / "e.json").write_text('{"edits": [{"action": "reject", "unit": 1.5}]}')
    with pytest.raises(InputError, match=r"no unit 1\.5"):
        apply_edits(made(3), read_edits(tmp_path / "e.json"))


def write_found(path):
    units = made(4)
    columns = {**measure(units), "quality": np.array([0.1, 0.2, 0.3, 0.4])}
    emg = {"territory": np.ones((2, 12, 10))}
    write_native(units, path, columns, emg, recording="trial.mat", model="base/1")
    return columns


def test_measures_emg_model_and_recording_stay_with_the_units(tmp_path):
    found, curated = tmp_path / "f.h5", tmp_path / "c.h5"
    columns = write_found(found)
    edits = [{"action": "reject", "unit": 1}, {"action": "merge", "units": [2, 4]}]
    units = write_curated(found, edits, curated)
    read = read_measures(curated)
    np.testing.assert_array_equal(read["quality"], [np.nan, 0.3])
    assert set(read) == set(columns)
    for name, values in measure(units).items():
        np.testing.assert_allclose(read[name], values)
    with h5py.File(curated) as file:
        assert (file.attrs["recording"], file.attrs["model"]) == ("trial.mat", "base/1")
        assert file["emg/territory"].shape == (2, 12, 10)
        np.testing.assert_array_equal(file["original/measures/quality"], columns["quality"])
        assert file["original"].attrs["model"] == "base/1"


def test_every_curation_is_appended_to_the_history(tmp_path):
    found, once, twice = tmp_path / "f.h5", tmp_path / "c1.h5", tmp_path / "c2.h5"
    columns = write_found(found)
    first, second = [{"action": "reject", "unit": 1}], [{"action": "accept", "unit": 2}]
    write_curated(found, first, once)
    write_curated(once, second, twice)
    with h5py.File(twice) as file:
        history = json.loads(file.attrs["history"])
        assert json.loads(file.attrs["edits"])["edits"] == second
    assert [(entry["from"], entry["edits"]) for entry in history] == [
        ("f.h5", first), ("c1.h5", second)
    ]  # fmt: skip
    np.testing.assert_array_equal(read_measures(twice)["quality"], columns["quality"])


@pytest.mark.parametrize("form", ["matlab", "csv", "openhdemg", "bids"])
def test_a_curated_result_is_exported_like_any_other(tmp_path, form):
    write_found(tmp_path / "f.h5")
    write_curated(tmp_path / "f.h5", [{"action": "reject", "unit": 1}], tmp_path / "c.h5")
    assert main(["export", str(tmp_path / "c.h5"), "--to", form]) == 0


def test_all_units_may_be_rejected(tmp_path):
    write_found(tmp_path / "f.h5")
    edits = [{"action": "reject", "unit": unit} for unit in range(1, 5)]
    assert len(write_curated(tmp_path / "f.h5", edits, tmp_path / "c.h5")) == 0
    assert read_measures(tmp_path / "c.h5")["quality"].shape == (0,)


def test_two_edit_lists_are_compared(tmp_path, capsys):
    one, other = tmp_path / "a.json", tmp_path / "b.json"
    kept = {"action": "reject", "unit": 1}
    one.write_text(json.dumps({"edits": [kept, {"action": "accept", "unit": 4}]}))
    other.write_text(json.dumps({"edits": [kept, {"action": "reject", "unit": 4}]}))
    assert main(["curate", "--compare", str(one), str(other)]) == 0
    said = capsys.readouterr().out
    assert "units compared: 4" in said
    assert "same decision: 3 (75%)" in said
    assert "unit 4: " in said
    assert "unit 1: " not in said
