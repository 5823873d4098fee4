"""The examples in docstrings are run as they stand, with files and a model made for them."""

import doctest
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching
from stand_in_model import write_stand_in
from twitching_muscle import muscle

import kmu
from kmu.identification import finding

# These want a trained network: the one that ships.
WITH_THE_SHIPPED_MODEL = ("kmu.trust.checking", "kmu.live.stream", "kmu.tracking.known")
# Those of which a user sees an example first.
SHOWN = ("Recording", "MotorUnits", "identify", "read", "simulate", "track", "Stream", "check")


def modules_with_examples() -> list[str]:
    """Names of modules that hold an example, found in their text: none is imported for it."""
    root = Path(kmu.__file__).parent
    files = [file for file in sorted(root.rglob("*.py")) if "    >>> " in file.read_text("utf-8")]
    return [".".join(("kmu", *file.relative_to(root).with_suffix("").parts)) for file in files]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what the examples name: recordings, one at rest, three results."""
    folder = tmp_path_factory.mktemp("examples")
    recording, _ = twitching([(6, 5), (16, 14)], seconds=2, frame_rate=100.0)
    still, _ = twitching([], seconds=2, frame_rate=100.0)
    about = {"frame_rate": 100.0, "dz": 1.0, "dx": 0.5}
    for name, velocity in (("trial", recording), ("rest", still), ("tuesday", muscle()[0])):
        values = np.moveaxis(velocity.velocity, 0, 2)
        scipy.io.savemat(folder / f"{name}.mat", {"velocity": values, **about})
    for day in ("monday", "tuesday", "friday"):
        muscle()[1].save(folder / f"{day}.h5")
    times = "".join(f"1,{0.1 * k:.1f}\n" for k in range(1, 20))
    (folder / "emg.csv").write_text(f"unit,time\n{times}")
    write_stand_in(folder / "model" / "1")
    return folder


def test_every_name_that_users_meet_first_has_an_example():
    for name in SHOWN:
        assert ">>> " in (getattr(kmu, name).__doc__ or ""), name


def scanner(seconds: float = 11.0) -> list[np.ndarray]:
    """Frames of a live scanner, 1000 a second, in pieces of half a second."""
    velocity = twitching(
        [(2.0, 2.5), (6.0, 8.0)], seconds, (24, 36), frame_rate=1000.0, spacing=(0.34, 0.3)
    )[0].velocity
    return np.array_split(velocity, round(2 * seconds))


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run_as_they_stand(name, place, monkeypatch):
    monkeypatch.chdir(place)
    if name not in WITH_THE_SHIPPED_MODEL:
        monkeypatch.setattr(finding, "DEFAULT_NAME", str(place / "model"))
    module = importlib.import_module(name)
    shown = []
    given = {
        "kmu": kmu,
        "np": np,
        "velocity": twitching([(6, 5)], 1.0)[0].velocity,
        "source": scanner() if name == "kmu.live.stream" else [],
        "show": lambda *values: shown.append(values),
    }
    found = doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=given)
    tests = [test for test in found if test.examples]
    assert tests
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        result = runner.run(test)
        assert result.attempted > 0
        assert result.failed == 0, test.name
    # What an example does in a loop is done.
    assert len(shown) > 0 or "show(" not in inspect.getsource(module)
