"""What all tests share."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy: the matrices here are small, and threads that wait for each other on a busy machine
# make a test ten times slower.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

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
