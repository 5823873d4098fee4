"""What all tests share."""

import os

import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

# The matrices here are small, and threads that wait for each other on a busy machine make a test
# ten times slower. Said to what is loaded later, and to what a plugin of pytest has loaded already.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
threadpool_limits(1, "blas")

# The same cases in every CI run: new ones are for people, who can look into what they find.
# Slow is a machine that does something else, no fault of a test.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", derandomize=True, **patient)
settings.register_profile("people", **patient)
settings.load_profile("ci" if os.environ.get("CI") else "people")


@pytest.fixture(scope="module")
def identifier():
    """A small network with random weights, always the same."""
    import keras

    from kmu.config import NETWORK_PRESETS
    from kmu.models import Identifier

    keras.utils.set_random_seed(3)
    made = Identifier(NETWORK_PRESETS["tiny"], score_threshold=0.0)
    made.build()
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The folder of a stand-in for a model."""
    from stand_in_model import write_stand_in

    return write_stand_in(tmp_path_factory.mktemp("model") / "standin" / "1")


@pytest.fixture(scope="module")
def served(model):
    """The stand-in, loaded."""
    from kmu.identification.served_model import load_model

    return load_model(model)


@pytest.fixture(scope="module")
def live(identifier):
    """A model for streams, which identifies by looking at places."""
    from live_streams import live_model

    return live_model(identifier)


@pytest.fixture(scope="module")
def velocity():
    """Two units that twitch, (T, 24, 40) in mm/s, 5 s at 250 Hz."""
    from live_streams import two_units

    return two_units()


# A browser stays open for one file of tests alone: while it does, no other event loop can run.
@pytest.fixture(scope="module")
def browser():
    """Chromium without a window; skips where there is none."""
    from browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory):
    """A folder with ``trial.h5``, ``trial_recording.h5`` and the page of both, ``trial.html``."""
    from twitching_muscle import write_muscle

    from kmu.cli import main

    folder = tmp_path_factory.mktemp("page")
    result, recording = write_muscle(folder)
    assert main(["report", str(result), "--recording", str(recording), "--quiet"]) == 0
    return folder


@pytest.fixture
def opened(browser, page_folder):
    """The page of ``page_folder``, opened; that it complains of nothing is part of every test."""
    from browser import Opened

    seen = Opened(browser, page_folder / "trial.html")
    yield seen
    seen.page.close()
    assert seen.complaints == []
