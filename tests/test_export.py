"""kmu export: a result is written in every format later, and read back the same."""

import csv
import json

import numpy as np
import pytest
from test_write import made, measures, same

from kmu.cli import main
from kmu.reading.firings import read_firings
from kmu.writing import write_result
from kmu.writing.matlab import read_matlab
from kmu.writing.table import read_table

FORMATS = ("matlab", "csv", "openhdemg", "bids")


@pytest.mark.parametrize("count", [0, 3])
def test_a_result_is_exported_beside_itself_or_under_a_stem(tmp_path, count):
    units, result = made(count), tmp_path / "r.h5"
    write_result(units, result, "hdf5", measures(count))
    assert main(["export", str(result), "--to", *FORMATS]) == 0
    same(read_matlab(tmp_path / "r.mat"), units)
    np.testing.assert_array_equal(read_table(tmp_path / "r.csv")["area"], measures(count)["area"])
    stem = tmp_path / "new" / "trial.filtered"
    assert main(["export", str(result), "--to", *FORMATS, "-o", str(stem)]) == 0
    assert sorted(path.name for path in stem.parent.iterdir()) == [
        "trial.filtered.csv", "trial.filtered.firings.csv", "trial.filtered.json",
        "trial.filtered.mat", "trial.filtered.provenance.json",
        "trial.filtered_events.json", "trial.filtered_events.tsv",
    ]  # fmt: skip


def test_nwb_is_exported_too(tmp_path):
    pytest.importorskip("pynwb")
    units, result = made(2), tmp_path / "r.h5"
    units.save(result)
    assert main(["export", str(result), "--to", "nwb"]) == 0
    for one, other in zip(units.firings, read_firings(tmp_path / "r.nwb"), strict=True):
        np.testing.assert_allclose(one, other)


def test_bids_events_have_a_row_a_firing_by_time(tmp_path):
    units = made(3)
    path = write_result(units, tmp_path / "sub-01_task-x.h5", "bids", measures(3))
    assert path.name == "sub-01_task-x_events.tsv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0]) == ["onset", "duration", "sample", "unit_id", "event_type"]
    assert {row["event_type"] for row in rows} == {"motor-unit-spike"}
    assert len(rows) == sum(map(len, units.firings))
    onsets = [float(row["onset"]) for row in rows]
    assert onsets == sorted(onsets)
    np.testing.assert_allclose([int(row["sample"]) / 250 for row in rows], onsets, atol=0.002)
    about = json.loads(path.with_suffix(".json").read_text())
    assert list(about["unit_id"]["Levels"]) == ["1", "2", "3"]
    for one, other in zip(units.firings, read_firings(path), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_result_is_refused(tmp_path, capsys):
    (tmp_path / "x.h5").write_text("no")
    assert main(["export", str(tmp_path / "x.h5"), "--to", "csv"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.csv"))
