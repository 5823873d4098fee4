"""Tables of firings as programs of many countries write them."""

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.reading.firings import read_emg_units

FIRINGS = [[0.1, 0.25, 0.4125, 0.7], [0.05, 0.5], [1.2, 1.5]]
ROWS = [(unit, time) for unit, times in enumerate(FIRINGS, 1) for time in times]


def table(path, header="unit,time_s", row="{unit},{time:.4f}", before="", after="", **encoding):
    lines = [header, *(row.format(unit=unit, time=time, ms=1e3 * time) for unit, time in ROWS)]
    (path / "t.csv").write_text(before + "\n".join(lines) + after, **encoding)
    return path / "t.csv"


def check(path, rate=None, expected=FIRINGS):
    found = read_emg_units(path, rate).firings
    assert len(found) == len(expected)
    for times, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(times, right, atol=1e-9)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("unit time_s", "{unit} {time:.4f}"),
        ("unit    time_s", "{unit}       {time:.4f}"),
        ("unit|time_s", "{unit}|{time:.4f}"),
        ("'unit','time_s'", "'{unit}','{time:.4f}'"),
        ("unit,seconds", "{unit},{time:.4f}"),
        ("neuron;discharge time (ms)", "{unit};{ms:.1f}"),
        ("MU number,time in ms", "{unit},{ms:.1f}"),
        ("unit,time_s", '"row",{unit},{time:.4f}'),
        ("unit,time_ms", '{unit},"{ms:,.1f}"'),
    ],
)
def test_separators_and_names_of_columns(tmp_path, header, row):
    check(table(tmp_path, header, row))


@pytest.mark.parametrize(
    "before", ["# made by X; on Monday\n", "% a\tb\n%\n", "Firings of trial 3\n", '"sep=,"\n']
)
def test_comments_and_titles_are_passed_over(tmp_path, before):
    check(table(tmp_path, before=before))
    check(table(tmp_path, header="# unit,time_s"))
    path = table(tmp_path)
    path.write_text(path.read_text().replace("2,0.05", "# by hand\n2,0.05"))
    check(path)


def test_a_row_of_units_says_the_unit(tmp_path):
    check(table(tmp_path, "unit,time\n-,ms", "{unit},{ms:.1f}"))
    with pytest.raises(InputError, match=r"unit of column 'time \(h\)' is unknown"):
        check(table(tmp_path, "unit,time\n-,h"))


@pytest.mark.parametrize("mark", ["'", "\u202f", "\u00a0", "."])
def test_thousands_are_set_apart_in_many_ways(tmp_path, mark):
    lines = [f"{unit};{1000 * time:,.1f}" for unit, time in ROWS]
    marks = str.maketrans({",": mark, ".": ","})
    text = "\n".join(["unit;time_ms", *(line.translate(marks) for line in lines)])
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    check(tmp_path / "t.csv")


def test_numbers_with_a_comma_and_others_with_a_point_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("unit;time_ms\n1;250,5\n1;1.200\n")
    with pytest.raises(InputError, match="with a comma and others with a point"):
        read_emg_units(tmp_path / "t.csv")


def test_samples_are_whole_numbers(tmp_path):
    (tmp_path / "t.csv").write_text("unit;sample\n1;2,048\n1;4,097\n")
    with pytest.raises(InputError, match="'sample' are samples, but not whole numbers"):
        read_emg_units(tmp_path / "t.csv", 2048.0)


@pytest.mark.parametrize("none", ["NA", "NaN", "", "n/a"])
def test_a_unit_without_a_time_is_one_without_firings(tmp_path, none):
    check(table(tmp_path, after=f"\n4,{none}\n"), expected=[*FIRINGS, []])


def test_units_of_several_grids_are_not_mixed_up(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("grid,unit,time_s\n1,1,0.5\n2,1,0.7\n")
    with pytest.raises(InputError, match="'grid' has 2 values"):
        read_emg_units(path)
    path.write_text("grid,unit,time_s\n1,1,0.5\n1,1,0.7\n")
    check(path, expected=[[0.5, 0.7]])


@pytest.mark.parametrize("fill", ["", "NaN", "0"])
def test_a_wide_table_is_filled_up_by_nothing_nan_or_zeros(tmp_path, fill):
    rows = [",".join(f"{t[i]:.4f}" if i < len(t) else fill for t in FIRINGS) for i in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["MU1,MU2,MU3", *rows]))
    check(tmp_path / "t.csv")


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16", "utf-8-sig"])
def test_encodings_are_told_by_their_marks(tmp_path, encoding):
    check(table(tmp_path, encoding=encoding))


def regular(by):
    """Three units of 8 Hz for 2 s, in a table whose column of times is only called time."""
    rows = [f"{unit},{by * (k / 8 + unit / 100):.6g}" for unit in (1, 2, 3) for k in range(16)]
    return "\n".join(["unit,time", *rows])


@pytest.mark.parametrize(("by", "usual"), [(1e3, 125), (2048.0, 256), (1e6, "1.25e.05")])
def test_times_that_no_motor_unit_can_have_in_seconds_are_refused(tmp_path, by, usual):
    (tmp_path / "t.csv").write_text(regular(by))
    with pytest.raises(InputError, match=f"if column 'time' is in seconds, .* {usual} s or more"):
        read_emg_units(tmp_path / "t.csv")


def test_times_that_are_said_to_be_seconds_and_cannot_be_get_a_warning(tmp_path):
    (tmp_path / "t.csv").write_text(regular(1e3).replace("time", "time_s"))
    found = read_emg_units(tmp_path / "t.csv")
    assert found.firings[0][1] == pytest.approx(135)
    assert "125 s or more after the one before" in found.warnings[0]


def test_firings_of_a_long_recording_and_few_firings_are_taken_as_they_are(tmp_path):
    (tmp_path / "t.csv").write_text(regular(1.0) + "\n1,100\n2,100\n3,200")
    assert read_emg_units(tmp_path / "t.csv").firings[2][-1] == 200
    (tmp_path / "t.csv").write_text("unit,time\n1,10\n1,30\n2,60")
    assert read_emg_units(tmp_path / "t.csv").firings[0].tolist() == [10, 30]


def test_the_same_holds_for_a_column_for_each_unit_and_for_trains(tmp_path):
    rows = "\n".join(f"{125 * k + 10}.5,{125 * k + 40}.5" for k in range(8))
    (tmp_path / "t.csv").write_text("MU1,MU2\n" + rows)
    with pytest.raises(
        InputError, match=r"if what the columns of units hold .* call them MU1 \(ms"
    ):
        read_emg_units(tmp_path / "t.csv")
    rows = "\n".join(f"{5 * k},{k % 25 == 0:d},{k % 25 == 7:d}" for k in range(300))
    (tmp_path / "t.csv").write_text("time,MU1,MU2\n" + rows)
    with pytest.raises(InputError, match="if column 'time' is in seconds"):
        read_emg_units(tmp_path / "t.csv")
