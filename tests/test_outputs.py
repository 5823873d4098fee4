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


def assert_refused(capsys, paths, *command, said_of_it="would be written"):
    before = [path.read_bytes() for path in paths]
    assert main([str(part) for part in command]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert said_of_it in said[0]
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


VERBS = {
    "identify": ("recording",),
    "identify --units": ("recording", "found"),
    "identify --firings": ("recording", "firings"),
    "check": ("recording", "found"),
    "report": ("found",),
    "report --recording": ("found", "recording"),
    "curate": ("found", "edits"),
    "compare": ("found", "truth"),
    "track": ("found", "truth"),
    "stream": ("recording",),
    "stream --units": ("recording", "found"),
}
OUTPUTS = {
    "identify": ("-o", "--figure", "--report"),
    "check": ("-o", "--report"),
    "report": ("-o",),
    "curate": ("-o",),
    "compare": ("--json",),
    "track": ("-o", "--figure"),
    "stream": ("-o",),
}


@pytest.mark.parametrize("how", ["name", "symbolic link", "hard link"])
@pytest.mark.parametrize("verb", VERBS)
def test_no_output_of_any_verb_is_one_of_its_inputs_under_any_name(tmp_path, capsys, verb, how):
    places = {
        name: tmp_path / f"{name}.{end}"
        for name, end in {"recording": "npy", "found": "h5", "truth": "h5", "edits": "json",
                          "firings": "csv", "said": "json"}.items()
    }  # fmt: skip
    places["said"] = tmp_path / "recording.json"  # what says axes and rate of the recording
    made(2).save(places["found"])
    made(2).save(places["truth"])
    places["edits"].write_text('{"edits": []}')
    places["firings"].write_text("unit,time_s\n1,0.5\n")
    np.save(places["recording"], np.random.default_rng(0).standard_normal((20, 4, 5)))
    said = '{"axes": "tzx", "frame_rate": 250, "spacing": [1, 1]}'
    places["said"].write_text(said)
    word, _, option = verb.partition(" ")
    given = [str(places[name]) for name in VERBS[verb]]
    last = [option, given.pop()] if option else []
    last = ["--edits", given.pop()] if word == "curate" else last
    names = [*VERBS[verb], *(["said"] if "recording" in VERBS[verb] else [])]
    for number, name in enumerate(names):
        target = places[name]
        for flag in OUTPUTS[word]:
            ending = {"--figure": "png", "--report": "html"}.get(flag, "h5")
            ending = "json" if word == "check" and flag == "-o" else ending
            # A link whose ending this output may have; the name itself may be refused for that.
            other = tmp_path / f"l{number}{flag}.{ending}"
            if how == "name":
                other = target
            elif how == "symbolic link":
                other.symlink_to(target)
            else:
                os.link(target, other)
            needed = ["-o", tmp_path / "new.h5"] if word == "track" and flag != "-o" else []
            fault = "" if how == "name" else "would be written"
            command = (word, *given, *last, *needed, flag, other)
            assert_refused(capsys, places.values(), *command, said_of_it=fault)


def test_exports_beside_a_recording_spare_what_speaks_of_it(tmp_path, capsys):
    np.save(tmp_path / "r.npy", np.random.default_rng(0).standard_normal((20, 4, 5)))
    (tmp_path / "r.json").write_text('{"axes": "tzx", "frame_rate": 250, "spacing": [1, 1]}')
    command = ["identify", tmp_path / "r.npy", "-o", tmp_path / "r.h5", "--export", "openhdemg"]
    assert_refused(capsys, [tmp_path / "r.npy", tmp_path / "r.json"], *command)


def test_batch_does_not_write_over_a_recording(tmp_path, capsys):
    pytest.importorskip("apache_beam")
    one, other = tmp_path / "a.h5", tmp_path / "a.units.h5"
    one.write_text("x")
    other.write_text("y")
    assert_refused(capsys, [one, other], "batch", one, other, "-o", tmp_path)
