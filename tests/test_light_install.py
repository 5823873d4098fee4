"""pip install kmu alone: identifying works without what only training needs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from linear_world import linear_recording

from kmu import errors
from kmu.motor_units import MotorUnits

ROOT = Path(__file__).parents[1]
SCRIPT = """
import json, re, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
from kmu import cli

codes = [cli.main(arguments) for arguments in {commands!r}]
# Not ru_maxrss, which a process has from the one that it was forked from.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
used = int(peak[1]) / 2**10
print(json.dumps([codes, sorted({{name.partition(".")[0] for name in sys.modules}}), used]))
"""


def without_extras(*commands: list[str]) -> tuple[list[int], list[str], str, float]:
    """Exit codes, packages loaded then, stderr and most MiB used, where no extra is installed."""
    script = SCRIPT.format(blocked=set(errors.EXTRAS), commands=commands)
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    codes, modules, used = json.loads(done.stdout.splitlines()[-1])
    return codes, modules, done.stderr, used


def test_a_file_is_identified_without_the_extras_and_without_tensorflow_in_python(tmp_path):
    recording, _ = linear_recording(1, units=3, size=32, frames=200, snr=20)
    recording.save(tmp_path / "trial.h5")
    codes, modules, stderr, used = without_extras(
        ["identify", str(tmp_path / "trial.h5"), "-o", str(tmp_path / "units.h5")]
    )
    assert codes == [0], stderr
    assert MotorUnits.load(tmp_path / "units.h5").territory.shape[1:] == (32, 32)
    assert not {*errors.EXTRAS, "tensorflow", "keras"} & set(modules)
    said = re.search(r"will need at most about (\d+) MiB of memory", stderr)
    assert said
    assert 200 < used < int(said[1])


def test_verbs_that_need_the_extra_say_so_in_one_sentence(tmp_path):
    codes, _, stderr, _ = without_extras(
        ["train", "--preset", "tiny", "--out", str(tmp_path / "run")],
        ["tune", "--trials", "1", "--family", "tiny", "--out", str(tmp_path / "tuning")],
    )
    assert codes == [2, 2]
    sentences = [line for line in stderr.splitlines() if line.startswith("kmu: ")]
    assert len(sentences) == 2
    assert all(line.endswith("; run: pip install 'kmu[train]'") for line in sentences)
    assert "Traceback" not in stderr


def test_any_other_module_that_is_missing_is_no_matter_of_an_extra(monkeypatch):
    def run() -> int:
        raise ModuleNotFoundError("No module named 'numpy.core'", name="numpy.core")

    with pytest.raises(ModuleNotFoundError):
        errors.exit_code(run)


def test_what_only_training_needs_is_declared_in_its_extra():
    import configparser

    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    train = setup["options.extras_require"]["train"]
    needed = setup["options"]["install_requires"]
    for module in errors.EXTRAS:
        name = {"sklearn": "scikit-learn"}.get(module, module)
        assert any(form in train for form in (name, name.replace("_", "-")))
        assert not any(form in needed for form in (name, name.replace("_", "-")))
