"""The same recording in whatever file: the same numbers, or a refusal; never other numbers."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_recordings import twitching
from written_recordings import FORMS, PLACES, TYPES, UNITS, Way, write

from kmu.errors import InputError
from kmu.reading import read as read_recording

RATE, SPACING = 250.0, (1.0, 0.5)
VELOCITY = twitching([(4, 2), (8, 6)], seconds=0.32, shape=(12, 16))[0].velocity
OUTCOMES: list[str] = []  # what was said of refused ones, else empty


@st.composite
def ways(draw):
    return Way(
        form=draw(st.sampled_from(FORMS)),
        axes="".join(draw(st.permutations("tzx"))),
        dtype=draw(st.sampled_from(TYPES)),
        unit=draw(st.sampled_from(sorted(UNITS))),
        place=draw(st.sampled_from(PLACES)),
        depth=draw(st.integers(0, 2)),
        length=draw(st.sampled_from(["mm", "m"])),
        chunked=draw(st.booleans()),
    )


@settings(max_examples=200)
@given(ways())
def test_any_way_of_writing_gives_the_same_recording_or_is_refused(way):
    if way.form == "netcdf":
        pytest.importorskip("h5netcdf")
    folder = Path(tempfile.mkdtemp())
    try:
        path, options = write(folder, way, VELOCITY, RATE, SPACING)
        try:
            read = read_recording(path, **options)
        except InputError as error:
            OUTCOMES.append(str(error))
            return
        OUTCOMES.append("")
        error = {"f2": 2e-3, "i2": 1e-4}.get(way.dtype.strip(">"), 1e-6)
        np.testing.assert_allclose(read.velocity, VELOCITY, atol=error * np.abs(VELOCITY).max())
        assert read.frame_rate == pytest.approx(RATE)
        assert read.spacing == pytest.approx(SPACING)
    finally:
        shutil.rmtree(folder)


def test_next_to_none_of_them_was_refused():
    refused = [sentence for sentence in OUTCOMES if sentence]
    assert not [sentence for sentence in refused if "\n" in sentence or "damaged" in sentence]
    assert len(refused) <= 0.05 * len(OUTCOMES)
