"""Objects of MATLAB beside the data, in files that mat-io has written."""

import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import contents, open_recording
from kmu.reading import read as read_recording

matio = pytest.importorskip("matio")
pandas = pytest.importorskip("pandas")

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
VERSIONS = ("v7", "v7.3")


def text(*words):
    return np.array([words], dtype=np.dtypes.StringDType(na_object=np.nan))


def write(path, version, **variables):
    said = {"fs": np.array([[250.0]]), "dz": np.array([[1.0]]), "dx": np.array([[0.5]])}
    matio.save_to_mat(str(path), {**said, **variables}, version=version)
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_strings_say_unit_and_axes_as_chars_do(tmp_path, version):
    values = VELOCITY.transpose(1, 2, 0) / 1000
    path = write(tmp_path / "r.mat", version, TVI=values, unit=text("m/s"), axes=text("zxt"))
    read = open_recording(path)
    np.testing.assert_allclose(read.frames(0, 300), VELOCITY, rtol=1e-5)
    assert read.meta["read_from"]["unit"] == "unit"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_string_inside_a_struct_says_the_kind(tmp_path, version):
    moved = np.cumsum(VELOCITY, axis=0, dtype=float).transpose(1, 2, 0) / 250
    data = {"D": moved, "kind": text("displacement"), "unit": text("mm")}
    path = write(tmp_path / "r.mat", version, us=data)
    read = open_recording(path, axes="zxt")
    assert read.meta["kind"] == "displacement"
    middle = (VELOCITY[1:-1] + VELOCITY[2:]) / 2
    np.testing.assert_allclose(read.frames(1, 299), middle, atol=1e-3)


@pytest.mark.parametrize("version", VERSIONS)
def test_tables_maps_and_own_classes_are_opened(tmp_path, version):
    from matio.utils import MatlabOpaque

    scan = MatlabOpaque(properties={"frame_rate": np.array([[250.0]])}, classname="Scan")
    path = write(
        tmp_path / "r.mat",
        version,
        TVI=VELOCITY.transpose(1, 2, 0),
        scan=scan,
        table=pandas.DataFrame({"angle": [1.0, 2.0], "name": ["a", "b"]}),
        category=pandas.Categorical(["rest"]),
        when=np.array([["2024-01-01"]], dtype="datetime64[ms]"),
    )
    found = contents(path)
    known = {variable.name: variable.values() for variable in found.variables}
    assert known["scan.frame_rate"] == 250
    np.testing.assert_array_equal(known["table.angle"], [1, 2])
    assert known["table.name"].tolist() == ["a", "b"]
    assert known["category"] == "rest"
    assert found.unreadable == {"when": "MATLAB datetime"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("word", [text("parsec/s"), text(np.nan)])
def test_a_string_that_is_missing_or_no_unit_is_refused(tmp_path, version, word):
    path = write(tmp_path / "r.mat", version, TVI=VELOCITY.transpose(1, 2, 0), unit=word)
    with pytest.raises(InputError, match="unit"):
        open_recording(path, axes="zxt")
    read = read_recording(path, axes="zxt", unit="mm/s")
    np.testing.assert_array_equal(read.velocity, VELOCITY)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_mat_io_a_string_is_asked_for_and_what_would_read_it_is_said(
    tmp_path, version, monkeypatch
):
    path = write(tmp_path / "r.mat", version, TVI=VELOCITY.transpose(1, 2, 0), unit=text("m/s"))
    monkeypatch.setattr("kmu.reading.matlab_objects.installed", lambda: False)
    with pytest.raises(InputError, match=r"'unit' is a MATLAB string .*kmu\[matlab\].*--unit"):
        open_recording(path, axes="zxt")


@pytest.mark.parametrize("version", VERSIONS)
def test_datetimes_of_all_frames_are_their_times(tmp_path, version):
    times = np.datetime64("2024-01-01T12:00") + np.arange(300) * np.timedelta64(4, "ms")
    path = tmp_path / "r.mat"
    said = {"dz": np.array([[1.0]]), "dx": np.array([[0.5]]), "TVI": VELOCITY.transpose(1, 2, 0)}
    when = times[None].astype("datetime64[ms]")
    matio.save_to_mat(str(path), {**said, "time": when}, version=version)
    read = open_recording(path, axes="zxt")
    assert read.frame_rate == pytest.approx(250)
    assert read.meta["read_from"]["frame rate"] == "the times of the frames, time"
