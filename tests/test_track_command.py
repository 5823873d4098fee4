import csv

import h5py
import numpy as np
import pytest

from kmu.cli import main
from kmu.simulation import simulate_series
from kmu.writing.native import write_native


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Three results of one muscle: its true units, with the power of its recordings."""
    folder = tmp_path_factory.mktemp("results")
    paths = []
    for number, (recording, truth) in enumerate(simulate_series("low_force", 12, 3)):
        power = np.sqrt((recording.velocity**2).mean(0))
        paths.append(folder / f"day{number + 1}.h5")
        write_native(truth, paths[-1], {}, None, {"power": power})
    return paths


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_result_tables_and_figure_say_the_same(results, tmp_path, capsys):
    output = tmp_path / "tracked.h5"
    assert main(["track", *map(str, results), "-o", str(output)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "tracked.h5", "tracked.csv", "tracked.pairs.csv", "tracked.png",
    }  # fmt: skip
    table, pairs = rows(tmp_path / "tracked.csv"), rows(tmp_path / "tracked.pairs.csv")
    with h5py.File(output) as file:
        unit, found_in = file["unit"][()], file["recordings"][()]
        assert list(file.attrs["names"]) == ["day1.h5", "day2.h5", "day3.h5"]
        assert abs(file["registration/1_2"].attrs["shift_lateral_mm"]) < 4
        probability = file["probability"][()]
    assert len(table) == len(unit)
    for row, ids, many, least in zip(table, unit, found_in, probability, strict=True):
        assert [int(row[f"unit_{r}"] or -1) for r in (1, 2, 3)] == list(ids)
        assert int(row["recordings"]) == many == (ids >= 0).sum()
        assert (row["probability"] == "") == (many == 1)
        if many > 1:
            assert float(row["probability"]) == pytest.approx(least, rel=1e-3)
    assert len(pairs) == sum(many * (many - 1) // 2 for many in found_in)
    assert all(pair["unit_1"] == pair["unit_2"] for pair in pairs)  # ids of one simulated muscle
    said = capsys.readouterr().err
    for r in range(3):
        alone = sorted(unit[(found_in == 1) & (unit[:, r] >= 0), r])
        assert f"day{r + 1}.h5: " in said
        assert f"without a match: {', '.join(map(str, alone)) or 'none'}\n" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda files, out: ([files[0]], out), "at least two"),
        (lambda files, out: ([files[0], files[0]], out), "given twice"),
        (lambda files, out: (files, out.with_suffix(".csv")), "must end in .h5"),
        (lambda files, out: (files, files[0]), "is an input"),
        (lambda files, out: ([*files, out.with_name("none.h5")], out), "does not exist"),
    ],
)
def test_bad_input_is_one_sentence_and_no_file(results, tmp_path, capsys, change, sentence):
    given, output = change(results, tmp_path / "tracked.h5")
    assert main(["track", *map(str, given), "-o", str(output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("kmu: ")
    assert sentence in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--also-new"], "--also-new needs --units"),
        (["--units", "day1.h5", "--min-quality", "0.5"], "give one"),
    ],
)
def test_options_of_known_units_that_do_not_fit_are_refused(tmp_path, capsys, options, sentence):
    assert main(["identify", str(tmp_path / "new.mat"), *options]) == 2
    assert sentence in capsys.readouterr().err
