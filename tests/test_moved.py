"""Names of earlier versions end in one sentence that tells the new one."""

import importlib
import re
from pathlib import Path

import pytest

import kmu
from kmu._moved import MOVED

ROOT = Path(kmu.__file__).parent


@pytest.mark.parametrize("name", MOVED)
def test_an_old_module_says_where_it_went_and_that_is_there(name):
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(f"kmu.{name}")
    told = str(caught.value)
    assert told.startswith(f"kmu.{name} is no module any more: use ")
    assert "\n" not in told
    for new in re.findall(r"kmu(?:\.\w+)+", told.split("use ", 1)[1]):
        place = ROOT.joinpath(*new.split(".")[1:])
        named = new.removeprefix("kmu.") in kmu.__all__
        assert named or place.is_dir() or place.with_suffix(".py").is_file(), new


@pytest.mark.parametrize("name", ["analyse", "Analysis"])
def test_what_the_documentation_had_imported_from_analysis_says_where_it_is(name):
    with pytest.raises(ImportError, match=f"write from kmu import {name}"):
        exec(f"from kmu.analysis import {name}", {})
    assert hasattr(kmu, name)


def test_what_never_was_is_an_ordinary_error():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'kmu\.never'"):
        importlib.import_module("kmu.never")
