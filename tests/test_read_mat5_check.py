"""Damaged variables of MATLAB v5 files are told before SciPy, which they may crash, sees them."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from kmu.reading.mat5_check import load
from kmu.reading.mat5_stream import elements

CELL = np.empty((2, 2), object)
CELL[0, 0], CELL[0, 1] = "text µ", np.arange(6).reshape(2, 3)
CELL[1, 0], CELL[1, 1] = np.zeros((0, 0)), {"a": 1.0, "b": "x"}
VALUES = {
    "cell": CELL,
    "struct": {"x": 1.0, "y": {"z": "deep"}, "e": {}},
    "letters": np.array(["ab", "cde"]),
    "complex": np.eye(3) * (1 + 2j),
    "flags": np.eye(2) > 0,
    "sparse": scipy.sparse.csc_matrix(np.eye(4)),
    "whole": np.arange(200, dtype=np.int16),
    "none": np.zeros((0, 5)),
}


@pytest.mark.parametrize("packed", [True, False])
def test_sound_variables_of_every_class_are_read_as_scipy_reads_them(tmp_path, packed):
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, VALUES, do_compression=packed)
    whole = scipy.io.loadmat(path)
    found = {element.name: load(path, element) for element in elements(path)}
    assert sorted(found) == sorted(VALUES)
    for name, value in found.items():
        assert repr(value) == repr(whole[name])


def test_any_damage_to_a_tag_is_a_python_error(tmp_path):
    path = tmp_path / "r.mat"
    scipy.io.savemat(path, VALUES)
    sound, first = path.read_bytes(), elements(path)
    rng = np.random.default_rng(0)
    outcomes = []
    for _ in range(400):
        element = first[int(rng.integers(len(first)))]
        broken = bytearray(sound)
        at = element.start + 8 + 4 * int(rng.integers(0, max(element.size // 4 - 2, 1)))
        broken[at : at + 4] = int(rng.choice([0, 1, 255, 2**16, 2**31 - 1, 2**32 - 1])).to_bytes(
            4, "little"
        )
        path.write_bytes(bytes(broken))
        try:
            load(path, element)
            outcomes.append("read")
        except Exception as error:
            outcomes.append(type(error).__name__)
    assert outcomes.count("ValueError") > 100
    assert outcomes.count("read") > 20


@pytest.mark.parametrize("kind", [9, 25])
def test_an_inner_array_with_more_parts_than_its_dimensions_say_is_damaged(tmp_path, kind):
    """SciPy would take those parts, of whatever type, for what follows the array."""
    path = tmp_path / "r.mat"
    cells = np.empty((1, 4), object)
    cells[0] = [np.arange(5.0)] * 4
    scipy.io.savemat(path, {"outer": {"inner": cells, "last": 1.0}})
    [element] = elements(path)
    whole = bytearray(path.read_bytes())
    # Dimensions 1 x 4 become 1 x 0.
    at = whole.index((1).to_bytes(4, "little") + (4).to_bytes(4, "little"))
    whole[at + 4] = 0
    # Doubles become numbers of no known type.
    number = whole.index((9).to_bytes(4, "little") + (40).to_bytes(4, "little"))
    whole[number] = kind
    path.write_bytes(bytes(whole))
    with pytest.raises(ValueError, match="more parts than the dimensions say"):
        load(path, element)
