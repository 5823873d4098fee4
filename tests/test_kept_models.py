"""A model is loaded once, and what it writes while it loads reaches nobody."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from stand_in_model import write_stand_in

from kmu.identification.finding import find_model
from kmu.identification.served_model import load_model
from kmu.progress import silenced


@pytest.fixture
def model(tmp_path):
    return write_stand_in(tmp_path / "standin" / "1")


def test_the_model_that_came_with_kmu_is_found_by_its_name():
    assert find_model("kmu") == find_model()
    assert (find_model() / "saved_model.pb").is_file()


def test_a_model_is_loaded_once(model):
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(load_model, [model] * 4)
    assert all(other is first for other in others)


def test_a_model_that_changed_is_loaded_anew(model):
    before = load_model(model)
    (model / "config.json").write_text(json.dumps({"thresholds": {"score": 0.9}}))
    assert load_model(model) is not before
    assert load_model(model).thresholds["score"] == 0.9


def test_the_model_used_longest_ago_is_given_up(model, tmp_path):
    others = [write_stand_in(tmp_path / name / "1") for name in "ab"]
    first = load_model(model)
    second = load_model(others[0])
    assert load_model(model) is first
    load_model(others[1])
    assert load_model(model) is first
    assert load_model(others[0]) is not second


@pytest.fixture
def nothing_is_asked(monkeypatch):
    """Nobody has asked for TensorFlow's own messages."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)


def test_libraries_are_silent_and_python_is_not(nothing_is_asked, capfd):
    with silenced():
        os.write(2, b"a line of CUDA\n")
        print("a line of kmu", file=sys.stderr)
    os.write(2, b"afterwards\n")
    assert "CUDA" not in (shown := capfd.readouterr().err)
    assert "afterwards" in shown


def test_python_still_reaches_a_plain_stderr(nothing_is_asked):
    code = (
        "import os, sys\nfrom kmu.progress import silenced\nwith silenced():\n"
        "    os.write(2, b'CUDA'); print('kmu', file=sys.stderr)\nprint('after', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "kmu\nafter\n"


def test_a_reader_that_goes_away_is_no_traceback():
    code = (
        "import sys\nfrom kmu.errors import exit_code\n"
        "sys.exit(exit_code(lambda: print('line\\n' * 100_000)))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(5)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
