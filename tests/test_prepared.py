"""What is prepared before identifying is what everything else is measured on."""

import numpy as np
import pytest
from made_recordings import twitching
from stand_in_model import write_stand_in

from kmu.analysis.pipeline import analyse_source
from kmu.identification.coarse import CoarseRecording
from kmu.identification.preparation import Preparation, Prepared, prepared, remove_polynomial
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import load_model
from kmu.recording import Recording

STILL, FIRINGS = twitching([(6, 5), (16, 14)], seconds=6, frame_rate=100.0)
PLANE = Preparation(motion="polynomial", order=1)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    return load_model(write_stand_in(tmp_path_factory.mktemp("model") / "1"))


def shaken() -> Recording:
    """The recording with a probe that shakes far more than the units twitch."""
    z = np.linspace(-1, 1, 24)[:, None]
    common = 3 * np.sin(2 * np.pi * 6.5 * np.arange(600) / 100)[:, None, None] * (3 + z)
    return Recording((STILL.velocity + common).astype(np.float32), 100.0, STILL.spacing)


def test_motion_that_is_suppressed_costs_no_quality(served):
    still = analyse_source(RecordingFrames(STILL), served, preparation=PLANE, emg_firings=FIRINGS)
    moved = analyse_source(
        RecordingFrames(shaken()), served, preparation=PLANE, emg_firings=FIRINGS
    )
    assert len(still.units) == len(moved.units) == 2
    for name in ("quality", "explained_variance", "signal_to_noise"):
        np.testing.assert_allclose(moved.quality[name], still.quality[name], atol=0.02)
    np.testing.assert_allclose(moved.power, still.power, atol=1e-3)
    np.testing.assert_array_equal(moved.emg_territory, still.emg_territory)


def test_a_prepared_recording_is_read_as_any_other():
    coarse = CoarseRecording(RecordingFrames(shaken()), 100.0)
    source = prepared(coarse, PLANE)
    assert isinstance(source, Prepared)
    assert (source.shape, source.frame_rate, source.spacing) == ((600, 24, 40), 100.0, (1.0, 0.5))
    whole = remove_polynomial(shaken().velocity, 1)
    np.testing.assert_allclose(source.frames(50, 70), whole[50:70], atol=1e-5)
    power = np.sqrt(np.mean(whole.astype(float) ** 2, axis=0))
    np.testing.assert_allclose(source.power, power, rtol=1e-3)


def test_without_preparation_the_recording_is_itself():
    coarse = CoarseRecording(RecordingFrames(STILL), 100.0)
    assert prepared(coarse, None) is coarse
    assert prepared(coarse, Preparation()) is coarse
