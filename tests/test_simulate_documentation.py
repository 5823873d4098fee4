import re
from pathlib import Path

import numpy as np
import pytest

from kmu.studies.parameters import page
from kmu.studies.validation import AMPLITUDES, QUANTITIES, active_units, simulated

DOCS = Path(__file__).parent.parent / "kmu" / "docs"


def test_the_page_of_parameters_is_that_of_the_code():
    written = (DOCS / "simulator_parameters.md").read_text()
    assert written == page(), "run: python -m kmu.studies.parameters > that file"


@pytest.fixture(scope="module")
def units():
    return simulated(60)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
def test_simulated_units_lie_within_one_deviation_of_measured_ones(units, quantity):
    values = units[quantity.name]
    assert len(values) == 60
    assert np.isfinite(values).all()
    assert abs(values.mean() - quantity.measured) <= quantity.deviation


def test_the_documented_table_is_of_the_quantities_that_are_measured():
    text = (DOCS / "simulator.md").read_text()
    for quantity in QUANTITIES + AMPLITUDES:
        assert re.search(rf"\| {re.escape(quantity.name)} \| [\d.]+ ± ", text)


def test_a_twitch_moves_tissue_by_its_peak_velocity_for_about_half_its_contraction_time(units):
    # The steepest slope of Raikova's twitch of height 1 is 1.9 per contraction time (p = 4.45).
    velocity, height = (units[quantity.name] for quantity in AMPLITUDES)
    contraction = units["contraction time, ms (50 to 90)"] / 1e3
    np.testing.assert_allclose(height / velocity, contraction / 1.9, rtol=0.1)


def test_more_force_recruits_more_units():
    counts = active_units((0.5, 5.0, 50.0, 100.0), muscles=5)
    assert (np.diff(counts, axis=0) > 0).all()
    assert (counts[-1] == 120).all()
