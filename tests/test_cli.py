"""The command line as a whole: what it prints, and how it fails."""

import os
import subprocess
import sys

import pytest

from kmu import cli
from kmu.errors import InputError
from kmu.progress import guarded


def test_help_names_every_verb(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert cli.VERBS
    assert all(f"\n    {verb}" in shown for verb in cli.VERBS)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([verb, "--help"])
    assert stop.value.code == 0
    assert f"usage: kmu {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["no-such-verb"], ["doctor", "--no-such-flag"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert "usage: kmu" in capsys.readouterr().err


def test_bad_input_is_one_sentence_and_exit_code_2(capsys):
    def fails():
        raise InputError("the file is empty; record again")

    assert guarded(fails) == 2
    captured = capsys.readouterr()
    assert captured.err == "kmu: the file is empty; record again\n"
    assert captured.out == ""


def test_an_interrupt_exits_with_130(capsys):
    def interrupted():
        raise KeyboardInterrupt

    assert guarded(interrupted) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_programming_error_is_not_hidden():
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(broken)


def test_python_m_kmu_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "kmu", "--version"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("kmu ")


NOISY = """
import logging, os, subprocess, sys, warnings
from kmu.errors import InputError
from kmu.progress import Progress, guarded, say

def run():
    os.write(2, b"a compiled library\\n")
    subprocess.run([sys.executable, "-c", "import sys; print('a worker', file=sys.stderr)"])
    logging.getLogger("apache_beam").warning("a logger")
    warnings.warn("a warning")
    say("kmu")
    with Progress("working", 2) as progress:
        progress.advance(2)
    if sys.argv[2] == "fails":
        raise InputError("the file is empty")

sys.exit(guarded(run, quiet=sys.argv[1] == "quiet"))
"""


def noisy(how, end):
    # JAX sets it for all that is started later; 0 or 1 means: show everything.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", NOISY, how, end]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return ran.returncode, ran.stderr


def test_quiet_leaves_nothing_on_stderr_but_the_sentence_of_an_error():
    code, said = noisy("aloud", "ends")
    assert code == 0
    for word in ("a compiled library", "a worker", "a logger", "a warning", "kmu"):
        assert word in said
    assert noisy("quiet", "ends") == (0, "")
    assert noisy("quiet", "fails") == (2, "kmu: the file is empty\n")
