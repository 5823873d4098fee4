"""Pixels that are never measured belong to nothing: not to power, territories, fits or figures."""

import h5py
import numpy as np
import pytest
from made_recordings import twitching
from stand_in_model import write_stand_in

from kmu.analysis.emg import emg_territories
from kmu.analysis.pipeline import analyse_source
from kmu.identification.coarse import CoarseRecording
from kmu.identification.preparation import Preparation, remove_polynomial
from kmu.identification.served_model import load_model
from kmu.reading import open_recording
from kmu.report.overview import draw_figure, overview

RECORDING, FIRINGS = twitching([(6, 5), (16, 14)], seconds=4, frame_rate=100.0)
INSIDE = np.add.outer(np.arange(24), np.arange(40)) < 45
SAID = {"frame_rate": 100.0, "dz": 1.0, "dx": 0.5, "axes": "tzx"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    return load_model(write_stand_in(tmp_path_factory.mktemp("model") / "1"))


def cut(folder, value):
    """The recording with ``value`` outside of the field of view."""
    with h5py.File(folder / "cut.h5", "w") as file:
        file["velocity"] = np.where(INSIDE, RECORDING.velocity, value).astype(np.float32)
        file.attrs.update(SAID)
    return open_recording(folder / "cut.h5")


@pytest.mark.parametrize("value", [np.nan, 0.0])
@pytest.mark.parametrize("preparation", [None, Preparation(motion="polynomial", order=1)])
def test_nothing_is_found_or_counted_outside(tmp_path, served, value, preparation):
    analysis = analyse_source(
        cut(tmp_path, value), served, preparation=preparation, emg_firings=FIRINGS
    )
    assert len(analysis.units)
    assert not analysis.power[~INSIDE].any()
    assert analysis.power[INSIDE].all()
    assert not analysis.units.territory[:, ~INSIDE].any()
    assert not analysis.emg_territory[:, ~INSIDE].any()
    said = [one for one in analysis.units.provenance["warnings"] if "field of view" in one]
    assert len(said) == 1
    assert said[0].startswith(f"{(~INSIDE).sum()} of 960 pixels")


def test_motion_is_fitted_to_the_field_of_view_alone():
    z = np.linspace(-1, 1, 24)[:, None] * np.ones(40)
    velocity = np.where(INSIDE, 3 + 2 * z, 0)[None].astype(np.float32)
    left = remove_polynomial(velocity, 1, INSIDE)
    assert np.abs(left).max() < 1e-5


def test_the_whole_image_is_the_field_of_view_of_most_recordings(tmp_path):
    RECORDING.save(tmp_path / "r.h5")
    coarse = CoarseRecording(open_recording(tmp_path / "r.h5"), 100.0)
    assert coarse.inside.all()
    assert coarse.warnings == []


def test_the_figure_leaves_it_out(tmp_path, served):
    analysis = analyse_source(cut(tmp_path, np.nan), served)
    axes = draw_figure(overview(analysis.power, analysis.units)).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array().mask, ~INSIDE)
    assert "outside the field of view" in axes.get_xlabel()


def test_emg_territories_ignore_it():
    class Source:
        shape, frame_rate, spacing = (400, 24, 40), 100.0, (1.0, 0.5)

        def frames(self, start, stop):
            return np.where(INSIDE, RECORDING.velocity[start:stop], 0).astype(np.float32)

    found = emg_territories(Source(), FIRINGS)
    assert not found[:, ~INSIDE].any()
    assert found[:, 5:7, 5].any()
