"""What Octave itself writes is read, or named with the way out."""

import shutil
import subprocess

import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import contents
from kmu.reading import read as read_recording
from kmu.reading.firings import read_emg_units

pytestmark = pytest.mark.skipif(shutil.which("octave") is None, reason="Octave is not installed")

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = "frame_rate = 250; dz = 1; dx = 0.5; unit = 'm/s'; axes = 'tzx';"
NAMES = "'v', 'frame_rate', 'dz', 'dx', 'unit', 'axes'"


def octave(folder, script):
    scipy.io.savemat(folder / "in.mat", {"v": VELOCITY * 1e-3})
    subprocess.run(
        ["octave", "--no-gui", "--quiet", "--norc", "--eval", f"load in.mat; {SAID} {script}"],
        check=True,
        capture_output=True,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("octave")
    options = ("-hdf5", "-float-hdf5", "-v7", "-v6", "-text", "-binary")
    saved = [f"save('{option}', '{option[1:]}.mat', {NAMES});" for option in options]
    saved.append(f"save('-binary', '-zip', 'zip.mat', {NAMES});")
    saved.append(
        "s = struct('v', v, 'fps', 250, 'spacing', [1 0.5], 'unit', 'm/s'); s.axes = {'t'; 'z';"
        " 'x'}; save('-hdf5', 'struct.h5', 's');"
    )
    saved.append("time = 0:0.004:1.196; save('-hdf5', 'range.h5', 'v', 'dz', 'dx', 'time');")
    saved.append(
        "a = {1, 'b'; 2, 'd'}; b(1).f = 1; b(2).f = 'x'; c = sparse(eye(3)); d = [];"
        " e = [true false]; g = [1+2i 3]; h = ['ab'; 'cd']; save('-hdf5', 'kinds.h5', 'a', 'b',"
        " 'c', 'd', 'e', 'g', 'h');"
    )
    octave(folder, " ".join(saved))
    return folder


@pytest.mark.parametrize(
    "name", ["hdf5.mat", "float-hdf5.mat", "v7.mat", "v6.mat", "struct.h5"]
)  # fmt: skip
def test_the_axes_unit_and_numbers_are_those_of_octave(written, name):
    read = read_recording(written / name)
    assert (read.frame_rate, read.spacing) == (250.0, (1.0, 0.5))
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)


def test_a_range_is_the_times_of_frames(written):
    read = read_recording(written / "range.h5", axes="tzx", unit="m/s")
    assert read.frame_rate == pytest.approx(250.0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text.mat", "is in Octave's text format: save it there with -v7"),
        ("binary.mat", "is in Octave's binary format: save it there with -v7"),
        ("zip.mat", "compressed with gzip, and inside in Octave's binary format"),
    ],
)
def test_other_formats_of_octave_are_named(written, name, words):
    with pytest.raises(InputError, match=words):
        read_recording(written / name)


def test_every_kind_of_value_is_listed_by_octaves_names(written):
    found = contents(written / "kinds.h5")
    values = {variable.name: variable.values().tolist() for variable in found.variables}
    assert values == {
        "a{1}": 1, "a{2}": 2, "a{3}": "b", "a{4}": "d", "b(1).f": 1, "b(2).f": "x", "e": [[1, 0]],
        "g": [[1 + 2j, 3]], "h": ["ab", "cd"],
    }  # fmt: skip
    assert found.unreadable == {"c": "Octave sparse matrix", "d": "empty matrix"}


@pytest.mark.parametrize("name", ["firings.mat", "firings.h5"])
def test_cells_of_firings_are_read(tmp_path, name):
    octave(
        tmp_path,
        f"MUPulses = {{[205 410], [], [1000 1800]}}; fsamp = 2048; save('-hdf5', '{name}', "
        "'MUPulses', 'fsamp');",
    )
    firings = read_emg_units(tmp_path / name).firings
    assert [len(times) for times in firings] == [2, 0, 2]
    np.testing.assert_allclose(firings[0], [204 / 2048, 409 / 2048])
