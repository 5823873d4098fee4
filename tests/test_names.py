"""Names of files are taken literally: brackets, dots, commas."""

import numpy as np
import pytest
from test_write import made

from kmu.errors import InputError
from kmu.evaluation.families import family, pairs_with_truth
from kmu.recording import Recording


def write_pair(folder, stem):
    folder.mkdir(exist_ok=True)
    velocity = np.random.default_rng(0).standard_normal((20, 4, 5))
    Recording(velocity, 250, (1, 1)).save(folder / f"{stem}.h5")
    made(1).save(folder / f"{stem}.truth.h5")


@pytest.mark.parametrize("folder", ["plain", "brackets [raw]", "stars * and ?"])
@pytest.mark.parametrize("stem", ["trial", "trial[1]", "trial.filtered"])
def test_a_recording_and_its_truth_are_found_under_any_name(tmp_path, folder, stem):
    write_pair(tmp_path / folder, stem)
    assert [recording.name for recording, _ in pairs_with_truth(tmp_path / folder)] == [
        f"{stem}.h5"
    ]
    assert family(str(tmp_path / folder), 5, 0).count == 1


def test_neither_a_result_nor_a_filtered_copy_is_the_recording(tmp_path):
    write_pair(tmp_path, "a")
    (tmp_path / "a.h5").rename(tmp_path / "a.mat")
    made(1).save(tmp_path / "a.h5")
    (tmp_path / "a.filtered.mat").write_text("x")
    assert [recording.name for recording, _ in pairs_with_truth(tmp_path)] == ["a.mat"]


def test_two_recordings_of_one_truth_are_refused(tmp_path):
    write_pair(tmp_path, "a")
    (tmp_path / "a.npz").write_text("x")
    with pytest.raises(InputError, match=r"a\.h5 or a\.npz"):
        pairs_with_truth(tmp_path)


def test_batch_takes_names_literally_and_globs_below_them(tmp_path):
    pytest.importorskip("apache_beam")
    from kmu.batch import find_files

    for name in ("trial[1].h5", "trial1.h5"):
        write_pair(tmp_path / "day [raw]", name.removesuffix(".h5"))
    folder = tmp_path / "day [raw]"
    assert [path.name for path in find_files([str(folder / "trial[1].h5")])[0]] == ["trial[1].h5"]
    globs = [str(folder / "trial[[]1].h5"), str(folder / "trial?.h5")]
    found, base = find_files(globs)
    assert [path.name for path in found] == ["trial1.h5", "trial[1].h5"]
    assert base == folder
    assert len(find_files([str(tmp_path / "**" / "*.h5")])[0]) == 4


def test_a_folder_with_a_comma_is_one_family(tmp_path):
    from kmu.cli.benchmark import _families

    write_pair(tmp_path / "a,b", "trial")
    assert _families(str(tmp_path / "a,b")) == (str(tmp_path / "a,b"),)
    assert _families("low_force, dense") == ("low_force", "dense")
