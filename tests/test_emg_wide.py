"""Tables of EMG firings with a column for each unit, and ids of NWB's units."""

from datetime import UTC, datetime

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.reading.firings import read_emg_units

FIRINGS = [[0.25, 1.0], [0.5], [], [0.75, 0.875, 1.25]]
TRAIN = [f"{k in (2, 8):d},{k == 4:d},0,{k in (6, 7, 10):d}" for k in range(12)]


@pytest.mark.parametrize(
    ("table", "rate"),
    [
        ("MU1,MU2,MU3,MU4\n0.25,0.5,,0.75\n1.0,,,0.875\n,,,1.25\n", None),
        ("MU1 (ms);MU2 (ms);MU4 (ms)\n250;500;750\n1000;;875\n;;1250\n", None),
        ("unit_1\tunit_2\tunit_4\n0,25\t0,5\t0,75\n1,0\t\t0,875\n\t\t1,25\n", None),
        ("motor unit 1,motor unit 2,motor unit 4\n2,4,6\n8,,7\n,,10\n", 8.0),
        ("MU1_samples,MU2_samples,MU4_samples\n2,4,6\n8,,7\n,,10\n", 8.0),
        ("time,MU1,MU2,MU3,MU4\n" + "".join(f"{k / 8},{TRAIN[k]}\n" for k in range(12)), None),
        ("MU1,MU2,MU3,MU4\n" + "\n".join(TRAIN) + "\n", 8.0),
    ],
    ids=["s", "ms", "decimal comma", "samples", "named samples", "trains", "trains of samples"],
)
def test_a_column_for_each_unit_is_read(tmp_path, table, rate):
    (tmp_path / "wide.csv").write_text(table, encoding="utf-8")
    found = read_emg_units(tmp_path / "wide.csv", rate).firings
    assert [times.tolist() for times in found] == FIRINGS


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("MU1,MU2\n0,1\n1,0\n1,1\n", "no sampling rate"),
        ("0.25,0.5\n1.0,0.75\n", "no table of firings"),
        ("MU1 (min),MU2 (min)\n1,2\n", r"unit of column .MU1 \(min\). is unknown"),
        ("MU1 (s),MU2 (ms)\n1,2\n", "different units"),
        ("time,MU1\n0.1,0.3\n0.2,1\n", "must hold 0 and 1"),
        ("MU1,MU1\n0.1,0.3\n", "no table of firings"),
    ],
)
def test_what_could_be_taken_wrongly_is_refused(tmp_path, table, sentence):
    (tmp_path / "wide.csv").write_text(table)
    with pytest.raises(InputError, match=sentence):
        read_emg_units(tmp_path / "wide.csv")


def test_units_of_nwb_keep_their_ids(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    file = pynwb.NWBFile("a trial", "1", datetime.now(UTC))
    for number, times in ((4, [0.75, 1.25]), (2, [0.5])):
        file.add_unit(id=number, spike_times=np.array(times))
    with pynwb.NWBHDF5IO(str(tmp_path / "units.nwb"), "w") as writer:
        writer.write(file)
    found = read_emg_units(tmp_path / "units.nwb").firings
    assert [times.tolist() for times in found] == [[], [0.5], [], [0.75, 1.25]]
