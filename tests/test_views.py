"""What the two nouns say of themselves, and their tables."""

import json
import sys

import numpy as np
import pytest
from test_figures import units

from kmu import progress
from kmu.errors import InputError
from kmu.recording import Recording


def test_a_result_says_what_it_holds():
    assert repr(units(3)) == (
        "MotorUnits: 3 with 60 firings, scores 1.00 to 0.50; 4 s at 100 Hz; "
        "20 x 30 pixels of 1 x 0.5 mm (20 mm deep, 15 mm wide)"
    )
    assert repr(units(0)).startswith("MotorUnits: none found; 4 s")


def test_a_recording_says_what_it_holds():
    velocity = np.full((200, 4, 5), 2.0) * np.array([1, -1] * 100)[:, None, None]
    text = repr(Recording(velocity, 100.0, (1.0, 0.5)))
    assert text.startswith("Recording: 2 s, 200 frames at 100 Hz; 4 x 5 pixels")
    assert text.endswith("velocity 2 mm/s (root mean square)")


def test_a_notebook_shows_a_picture_and_the_first_units():
    text = units(14)._repr_html_()
    assert text.count("data:image/png;base64,") == 1
    assert text.count("<tr>") == 13
    assert "and 2 more" in text
    assert "none found" in units(0)._repr_html_()
    velocity = np.random.default_rng(0).standard_normal((20, 4, 5))
    assert "data:image/png" in Recording(velocity, 100.0, (1.0, 0.5))._repr_html_()


def test_tables_have_a_row_a_unit_or_a_firing():
    pytest.importorskip("pandas")
    found = units(3)
    table = found.to_dataframe()
    assert list(table.index) == [1, 2, 3]
    assert table.loc[2, "discharge_rate"] == pytest.approx(6)
    assert table.loc[1, "area"] == pytest.approx(6 * 9 * 0.5)
    firings = found.to_dataframe("firings")
    assert len(firings) == 60
    assert firings["time"].is_monotonic_increasing
    np.testing.assert_allclose(firings[firings.unit == 3].time, found.firings[2])
    assert len(units(0).to_dataframe()) == len(units(0).to_dataframe("firings")) == 0
    with pytest.raises(InputError, match="units or firings"):
        found.to_dataframe("frames")


def test_a_data_set_has_named_axes_with_units():
    pytest.importorskip("xarray")
    found = units(3)
    data = found.to_xarray()
    assert data.twitch_train.dims == ("unit", "time")
    assert float(data.depth[0]) == 0.5
    assert data.depth.units == "mm"
    np.testing.assert_array_equal(data.territory.sel(unit=2), found.territory[1])
    np.testing.assert_allclose(data.firings.sel(unit=1).dropna("firing"), found.firings[0])
    assert json.loads(data.attrs["provenance"]) == {}
    assert dict(units(0).to_xarray().sizes)["unit"] == 0


@pytest.mark.parametrize("name", ["pandas", "xarray"])
def test_a_missing_package_is_named(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    make = units(1).to_dataframe if name == "pandas" else units(1).to_xarray
    with pytest.raises(InputError, match=r"pip install 'kmu\[tables\]'"):
        make()


def test_a_listener_hears_how_far_a_task_is():
    heard = []
    progress.listen(lambda task: heard.append((task.description, task.done, task.total)))
    try:
        with progress.Progress("reading", 2) as task:
            task.advance()
            task.advance()
    finally:
        progress.listen(None)
    assert heard == [("reading", 0, 2), ("reading", 1, 2), ("reading", 2, 2)]


def test_a_notebook_gets_a_bar_of_its_own(monkeypatch):
    class ZMQInteractiveShell:
        pass

    shell = ZMQInteractiveShell()
    monkeypatch.setattr(progress, "_quiet", False)
    fake = type("IPython", (), {"get_ipython": staticmethod(lambda: shell)})
    monkeypatch.setitem(sys.modules, "IPython", fake)
    made = []

    class Bar:
        def __init__(self, **options):
            made.append(options["desc"])

        def update(self, steps):
            pass

        def close(self):
            pass

    monkeypatch.setattr(progress, "_notebook_bar", lambda: Bar)
    with progress.Progress("reading", 2) as task:
        task.advance()
    assert made == ["reading"]
