"""Files are written whole or not at all, beside whatever else runs."""

import os
import stat
import time

import pytest

from kmu.files import replacing


def write(path, text="new"):
    with replacing(path) as temporary:
        temporary.write_text(text)


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_rights_of_any_new_file_and_the_umask_is_left_alone(
    tmp_path, monkeypatch
):
    def changed(mask):
        raise AssertionError("the umask belongs to all threads")

    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "umask", changed)
            write(tmp_path / "ours")
        (tmp_path / "any").write_text("")
    finally:
        os.umask(before)
    assert rights(tmp_path / "ours") == rights(tmp_path / "any") == 0o640


def test_a_file_that_is_replaced_keeps_its_rights(tmp_path):
    path = tmp_path / "private.h5"
    path.write_text("old")
    path.chmod(0o600)
    write(path)
    assert (path.read_text(), rights(path)) == ("new", 0o600)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path, exists):
    target, link = tmp_path / "data" / "result.h5", tmp_path / "latest.h5"
    target.parent.mkdir()
    if exists:
        target.write_text("old")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_text() == link.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_run_left_for_the_same_file_is_removed_after_a_day(tmp_path):
    open_writes, left = [], {}
    for name, days in (("a.h5", 2), ("b.h5", 2), ("a.h5", 0)):
        # Entered and never left, as by a run that is killed or still at work.
        open_writes.append(replacing(tmp_path / name))
        left[name, days] = open_writes[-1].__enter__()
        os.utime(left[name, days], (time.time() - days * 24 * 3600,) * 2)
    write(tmp_path / "a.h5")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"a.h5", left["b.h5", 2].name, left["a.h5", 0].name}
