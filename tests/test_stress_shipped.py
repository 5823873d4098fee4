"""What the shipped model reaches on single recordings of the stress suite, where it once failed.

Version 2 found in these: of `few` nothing true, of `shallow` 4, of `slow` 11, of `ramp` 5 and of
`many` 51 units, one unit at rest, and firings with a precision of 0.71 (`slow`), 0.77 (`pauses`)
and 0.89 (`tremor`). Version 3, with more false units and firings in the whole suite, found one more
true unit of this `ramp` and two more of this `tremor` than version 4. Version 4 found one of the
six units of these `few` 2, 7, 11 and 12: it took echoes of a unit in the tissue around for parts
of it. Version 6, with more true units and firings in the whole suite, finds one unit fewer of this
`slow` and one more that is false in this `ramp` than version 5.
"""

import numpy as np
import pytest

from kmu.evaluation.firing_scores import score_firings
from kmu.evaluation.match import match_units
from kmu.identification.pipeline import identify
from kmu.stress import make_recording


def looked_at(family, index):
    recording, truth = make_recording(family, index)
    found = identify(recording)
    matching = match_units(found, truth)
    precision = [
        score_firings(found.firings[ours], truth.firings[theirs]).precision
        for ours, theirs in zip(matching.found, matching.truth, strict=True)
    ]
    return len(found), len(matching.found), float(np.mean(precision)) if precision else 1.0


@pytest.mark.parametrize(
    ("family", "index", "most_found", "least_matched", "least_precision"),
    [
        ("few", 2, 1, 1, 0.95),
        ("few", 3, 2, 2, 0.95),
        ("few", 7, 1, 1, 0.95),
        ("few", 11, 3, 3, 0.95),
        ("few", 12, 1, 1, 0.95),
        ("shallow", 0, 7, 6, 0.95),
        ("slow", 0, 13, 12, 0.85),
        ("many", 0, 60, 57, 0.92),
        ("tremor", 0, 13, 11, 0.95),
        ("rest_tremor", 3, 0, 0, 1.0),
        ("pauses", 3, 17, 16, 0.97),
        ("ramp", 2, 8, 6, 0.90),
    ],
)
def test_units_and_firings_are_found_where_they_were_not(
    family, index, most_found, least_matched, least_precision
):
    found, matched, precision = looked_at(family, index)
    assert found <= most_found
    assert matched >= least_matched
    assert precision >= least_precision
