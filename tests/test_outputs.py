"""No verb writes over what it was given, and what cannot be written is said before the work."""

import os

import numpy as np
import pytest
from test_write import made

from kmu.cli import main
from kmu.errors import InputError
from kmu.files import check_outputs
from kmu.recording import Recording


def test_an_output_is_no_input_under_any_name(tmp_path):
    given = tmp_path / "in.h5"
    given.write_text("x")
    os.link(given, tmp_path / "hard.h5")
    (tmp_path / "soft.h5").symlink_to(given)
    (tmp_path / "sub").mkdir()
    for name in ("in.h5", "hard.h5", "soft.h5", "sub/../in.h5"):
        with pytest.raises(InputError, match="it is an input"):
            check_outputs([tmp_path / name], [None, given])
    check_outputs([None, tmp_path / "out.h5"], [given])
    with pytest.raises(InputError, match="written twice"):
        check_outputs([tmp_path / "o.h5", tmp_path / "sub/../o.h5"])


def test_a_file_of_an_input_folder_is_an_input(tmp_path):
    (tmp_path / "frame.npy").write_text("x")
    with pytest.raises(InputError, match="which is an input"):
        check_outputs([tmp_path / "frame.npy"], [tmp_path])
    check_outputs([tmp_path / "new.h5"], [tmp_path])


def test_outputs_are_tried_and_nothing_is_left_behind(tmp_path):
    (tmp_path / "file").write_text("x")
    check_outputs([tmp_path / "new" / "folder" / "o.h5"])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    for path, said in (
        (tmp_path / "file" / "o.h5", "is no folder"),
        (tmp_path, "is a folder"),
        ("/dev/null", "no plain file"),
        (tmp_path / ("n" * 300 + ".h5"), "cannot write"),
        ("/proc/self/o.h5", "cannot write"),
    ):
        with pytest.raises(InputError, match=said):
            check_outputs([path])


def assert_refused(capsys, paths, *command):
    before = [path.read_bytes() for path in paths]
    assert main([str(part) for part in command]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "would be written" in said[0]
    assert [path.read_bytes() for path in paths] == before


def test_no_verb_writes_over_its_inputs(tmp_path, capsys):
    found, truth, edits = (tmp_path / name for name in ("f.h5", "t.truth.h5", "e.json"))
    recording = tmp_path / "t.h5"
    made(2).save(found)
    made(2).save(truth)
    edits.write_text('{"edits": []}')
    Recording(np.random.default_rng(0).standard_normal((20, 4, 5)), 250, (1, 1)).save(recording)
    all_ = [found, truth, edits, recording]
    for path in (found, truth):
        assert_refused(capsys, all_, "compare", found, truth, "--json", path)
    for path in (found, edits):
        assert_refused(capsys, all_, "curate", found, "--edits", edits, "-o", path)
    out = ["--out", tmp_path / "out", "--families", tmp_path, "--methods", "sta_oracle"]
    assert_refused(capsys, all_, "benchmark", *out, "--json", recording)
    assert_refused(capsys, all_, "simulate", "-o", tmp_path / "n.h5", "--truth", tmp_path / "n.h5")
    made(2).save(tmp_path / "f.mat")  # a result under an odd name, whose export has the same one
    assert_refused(capsys, all_, "export", tmp_path / "f.mat", "--to", "matlab")


def test_batch_does_not_write_over_a_recording(tmp_path, capsys):
    pytest.importorskip("apache_beam")
    one, other = tmp_path / "a.h5", tmp_path / "a.units.h5"
    one.write_text("x")
    other.write_text("y")
    assert_refused(capsys, [one, other], "batch", one, other, "-o", tmp_path)
