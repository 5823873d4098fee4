"""Every verb as a user meets it: a missing file, a reader that has gone, silence."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from made_units import two_units

from kmu import cli
from kmu.simulation import simulate

NONE = "none.h5"
# What each verb is given where the file that it is to read is not there.
READING = {
    "identify": [NONE],
    "inspect": [NONE],
    "check": [NONE, NONE],
    "report": [NONE],
    "app": ["--model", NONE, "--no-browser"],
    "curate": [NONE, "--edits", NONE],
    "export": [NONE, "--to", "csv"],
    "figure": [NONE],
    "track": [NONE, "other.h5", "-o", "tracks.h5"],
    "compare": [NONE, NONE],
    "benchmark": ["--families", NONE, "--methods", "spatial_ica"],
    "batch": [NONE, "-o", "results"],
    "serve": ["--model", NONE],
    "stream": [NONE],
    "train": ["--config", NONE],
    "tune": ["--trials", "1", "--config", NONE],
}
# Without what an extra brings, these say which one it is.
OF_EXTRAS = {"app": "nicegui", "batch": "apache_beam", "serve": "ray"}
PRINTING = (
    ["inspect", "recording.h5"],
    ["compare", "units.h5", "units.h5"],
    ["benchmark", "--list"],
    ["matlab"],
)
QUIET = (
    *PRINTING,
    ["export", "units.h5", "--to", "csv", "-o", "units.csv"],
    ["curate", "units.h5", "--edits", "edits.json", "-o", "curated.h5"],
    ["simulate", "--preset", "tiny", "-o", "made.h5"],
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a recording, two units and an empty edit list."""
    folder = tmp_path_factory.mktemp("verbs")
    simulate("tiny", 1)[0].save(folder / "recording.h5")
    two_units().save(folder / "units.h5")
    (folder / "edits.json").write_text('{"edits": []}')
    return folder


def kmu(folder, *arguments, **options):
    """Runs the command in a process of its own, in an environment that asks for no silence."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    paths = [*sys.path, os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in paths if path)
    command = [sys.executable, "-m", "kmu", *arguments]
    given = {"stdout": subprocess.PIPE, **options}
    return subprocess.run(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, check=False, **given
    )


def test_every_verb_that_reads_is_tried():
    assert {*READING} == {*cli.VERBS} - {"simulate", "matlab", "doctor"}


@pytest.mark.parametrize("verb", READING)
def test_a_missing_file_is_one_sentence_and_exit_code_2(verb, tmp_path, monkeypatch, capsys):
    if verb in OF_EXTRAS and find_spec(OF_EXTRAS[verb]) is None:
        pytest.skip(f"{OF_EXTRAS[verb]} is not installed")
    monkeypatch.chdir(tmp_path)
    assert cli.main([verb, *READING[verb]]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("kmu: ")
    assert NONE in said.err
    assert said.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", PRINTING, ids=lambda arguments: arguments[0])
def test_a_reader_that_has_gone_ends_the_command_without_a_word(arguments, place):
    """As after ``kmu ... | head -1``, at once."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = kmu(place, *arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("arguments", QUIET, ids=lambda arguments: arguments[0])
def test_quiet_verbs_leave_stderr_empty(arguments, place):
    done = kmu(place, *arguments, "--quiet")
    assert (done.returncode, done.stderr) == (0, b"")


def test_doctor_says_nothing_of_tensorflows_start(place):
    done = kmu(place, "doctor")
    assert b"devices" in done.stdout
    assert done.stderr == b""


def test_batch_says_nothing_of_what_beam_lacks(place):
    pytest.importorskip("apache_beam", reason="the extra 'batch' is not installed")
    done = kmu(place, "batch", NONE, "-o", "results")
    assert done.stderr.decode() == f"kmu: {NONE} names no file\n"
