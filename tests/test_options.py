"""One set of options, declared once: identify, batch and Python's analyse take the same."""

import argparse
import dataclasses
import inspect

import numpy as np
import pytest
from made_recordings import twitching
from stand_in_model import write_stand_in

import kmu
from kmu.cli import main, parser
from kmu.cli.options import add_analysis_options, analysis_options
from kmu.config.analysis import AnalysisOptions
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.report.names import Written

NAMES = [item.name for item in dataclasses.fields(AnalysisOptions)]
VERBS = next(action for action in parser()._actions if action.dest == "verb").choices
CENTRES = [(6.0, 5.0), (16.0, 14.0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("model") / "standin" / "1")


def told(*arguments):
    one = argparse.ArgumentParser()
    add_analysis_options(one)
    return analysis_options(one.parse_args(arguments))


@pytest.mark.parametrize("verb", ["identify", "batch"])
def test_verbs_have_every_option_and_what_is_written_of_a_result(verb):
    there = {action.dest for action in VERBS[verb]._actions}
    assert {*NAMES, "model", "output", "figure", "report", "export", "variable", "axes"} <= there


def test_the_function_has_every_option_with_its_default():
    parameters = inspect.signature(kmu.analyse).parameters
    defaults = {name: parameters[name].default for name in NAMES}
    assert AnalysisOptions(**defaults) == AnalysisOptions()
    named = {p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert named == set(NAMES)


def test_what_the_command_is_told_is_what_python_is_told():
    given = ["--score-threshold", "0.5", "--band", "5", "40", "--suppress-motion", "svd"]
    given += ["--motion-order", "2", "--min-quality", "0.1", "--firings", "a.csv"]
    given += ["--firings-offset", "-0.5", "--firings-clock", "fit", "--block-seconds", "4"]
    assert told(*given) == AnalysisOptions(
        score_threshold=0.5, band=(5.0, 40.0), suppress_motion="svd", motion_order=2,
        min_quality=0.1, firings="a.csv", firings_offset=-0.5, firings_clock="fit",
        block_seconds=4.0,
    )  # fmt: skip
    assert told() == AnalysisOptions()


@pytest.mark.parametrize("name", ["score_threshold", "firing_threshold", "min_quality"])
@pytest.mark.parametrize("value", [-0.1, 5.0, float("nan")])
def test_shares_lie_in_0_to_1(name, value):
    with pytest.raises(InputError, match=f"{name} is .*; it must lie in 0 to 1"):
        AnalysisOptions(**{name: value})
    with pytest.raises(InputError, match="0 to 1"):
        told(f"--{name.replace('_', '-')}={value}")


def test_python_gives_what_the_command_writes(tmp_path, model):
    recording = tmp_path / "trial.h5"
    twitching(CENTRES)[0].save(recording)
    (tmp_path / "emg.csv").write_text("unit,time_s\n1,0.2\n1,0.5\n1,0.9\n")
    chosen = ["--score-threshold", "0.4", "--band", "5", "40", "--quiet"]
    chosen += ["--firings", str(tmp_path / "emg.csv"), "--figure", "none", "--report", "none"]
    assert main(["identify", str(recording), "--model", str(model), *chosen]) == 0
    written = MotorUnits.load(tmp_path / "trial.units.h5")
    analysis = kmu.analyse(
        recording, model, score_threshold=0.4, band=(5.0, 40.0), firings=tmp_path / "emg.csv"
    )
    np.testing.assert_array_equal(written.twitch_train, analysis.units.twitch_train)
    assert analysis.emg_units == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        "trial.h5", "trial.units.h5", "emg.csv"
    }  # fmt: skip
    made = twitching(CENTRES)[0]
    array = kmu.analyse(made.velocity, model, frame_rate=250.0, spacing=(1.0, 0.5))
    assert len(array.units) == 2


def test_figures_and_pages_are_named_after_the_result_or_left_out(tmp_path):
    result = tmp_path / "trial.units.h5"
    usual = Written.told(None, None, ["csv", "csv"], 3).of(result)
    assert (usual.figure.name, usual.page.name) == ("trial.units.png", "trial.units.html")
    assert usual.exports == ("csv",)
    pdf = Written.told(".pdf", "none", [], 3).of(result)
    assert (pdf.figure.name, pdf.page) == ("trial.units.pdf", None)
    named = Written.told("a/b.svg", "c.html", [], 1).of(result)
    assert (str(named.figure), str(named.page)) == ("a/b.svg", "c.html")
    with pytest.raises(InputError, match=r"--figure a\.png goes with one recording; 2 are given"):
        Written.told("a.png", None, [], 2)
