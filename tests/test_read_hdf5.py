"""HDF5 as other programs write it: texts, links, filters, chunks, objects of MATLAB."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from made_recordings import twitching

from kmu.errors import InputError
from kmu.reading import contents, open_recording
from kmu.reading import read as read_recording

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"frame_rate": 250.0, "dz": 1.0, "dx": 0.5, "axes": "tzx"}


def new(path, **said):
    file = h5py.File(path, "w")
    file["velocity"] = VELOCITY
    file.attrs.update({**SAID, **said})
    return file


@pytest.mark.parametrize(
    "text",
    ["S01", ["a", "b", "c"], np.bytes_("S01"), "velocity", np.array([], dtype=object)],
)
def test_texts_beside_the_recording_do_no_harm(tmp_path, text):
    with new(tmp_path / "r.h5") as file:
        kind = h5py.string_dtype() if isinstance(text, np.ndarray) else None
        file.create_dataset("subject", data=text, dtype=kind)
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)


def test_texts_in_datasets_are_statements_as_attributes_are(tmp_path):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["us/velocity"] = VELOCITY.transpose(1, 2, 0) / 1000
        file["us/axes"], file["us/unit"] = ["depth", "lateral", "time"], "m/s"
        file["us"].attrs["frame_rate"] = 250.0
        file["us/dz"], file["us/dx"] = 0.001, 500.0
        file["us/dz"].attrs["units"], file["us/dx"].attrs["units"] = "m", "µm"
    read = read_recording(tmp_path / "r.h5")
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-6)
    assert read.spacing == (1.0, 0.5)


def test_links_in_a_circle_and_to_nowhere_are_passed_by(tmp_path):
    with new(tmp_path / "r.h5") as file:
        file["us/parent"] = file["/"]
        file["us/self"] = h5py.SoftLink("/us")
        file["bmode"] = h5py.ExternalLink("none.h5", "/bmode")
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)
    assert "nowhere" in contents(tmp_path / "r.h5").unreadable["bmode"]


def test_a_missing_filter_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    with h5py.File(tmp_path / "r.h5", "w") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((100, 24, 40))
        plan.set_filter(32000 + 97, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple(VELOCITY.shape)
        made = h5py.h5d.create(file.id, b"velocity", h5py.h5t.IEEE_F32LE, space, plan)
        for k in range(0, 300, 100):
            made.write_direct_chunk((k, 0, 0), VELOCITY[k : k + 100].tobytes(), 0)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match=r"filter 32097.*hdf5plugin"):
        open_recording(tmp_path / "r.h5")


def test_numbers_that_are_kept_elsewhere_name_the_file_that_is_not_there(tmp_path):
    layout = h5py.VirtualLayout(VELOCITY.shape, "f4")
    layout[:] = h5py.VirtualSource("source.h5", "velocity", shape=VELOCITY.shape)
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file.create_virtual_dataset("velocity", layout)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match=r"kept in source\.h5, which is not there"):
        open_recording(tmp_path / "r.h5")
    new(tmp_path / "source.h5").close()
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)
    raw = [(str(tmp_path / "r.bin"), 0, VELOCITY.nbytes)]
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        file.create_dataset("velocity", VELOCITY.shape, "f4", external=raw)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match=r"r\.bin, which is not there"):
        open_recording(tmp_path / "raw.h5")
    (tmp_path / "r.bin").write_bytes(VELOCITY.tobytes())
    np.testing.assert_array_equal(read_recording(tmp_path / "raw.h5").velocity, VELOCITY)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_numbers_that_were_never_written_are_no_zeros(tmp_path, compression):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file.create_dataset("velocity", VELOCITY.shape, "f4", compression=compression)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match="never written"):
        open_recording(tmp_path / "r.h5")


def test_a_file_that_was_cut_off_says_how_much_there_is(tmp_path):
    new(tmp_path / "r.h5").close()
    whole = (tmp_path / "r.h5").read_bytes()
    (tmp_path / "r.h5").write_bytes(whole[:200_000])
    with pytest.raises(InputError, match=f"truncated: it has 200000 of {len(whole)} bytes"):
        open_recording(tmp_path / "r.h5")


def test_blosc_is_read_where_the_plugin_is_installed(tmp_path):
    plugin = pytest.importorskip("hdf5plugin")
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file.create_dataset("velocity", data=VELOCITY, **plugin.Blosc())
        file.attrs.update(SAID)
    np.testing.assert_array_equal(read_recording(tmp_path / "r.h5").velocity, VELOCITY)


def test_what_a_plugin_cannot_unpack_is_said_of_its_dataset(tmp_path):
    plugin = pytest.importorskip("hdf5plugin")
    with h5py.File(tmp_path / "r.h5", "w") as file:
        made = file.create_dataset("velocity", VELOCITY.shape, "f4", **plugin.Blosc())
        made.id.write_direct_chunk((0, 0, 0), b"not by Blosc" * 9)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match="in which Blosc packed /velocity: damaged"):
        read_recording(tmp_path / "r.h5")


def test_a_file_open_in_a_writer_is_not_called_damaged(tmp_path):
    script = (
        "import h5py, sys; f = h5py.File(sys.argv[1], 'w', libver='latest'); f['velocity'] = [1.0];"
        "f.flush(); import os; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "r.h5"], check=True)
    with pytest.raises(InputError, match="h5clear"):
        open_recording(tmp_path / "r.h5")


@pytest.mark.parametrize("chunks", [(300, 3, 5), (300, 24, 40), (1, 24, 40)])
def test_chunks_of_any_shape_are_unpacked_once(tmp_path, chunks, monkeypatch):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file.create_dataset("velocity", data=VELOCITY, chunks=chunks, compression="gzip")
        file.attrs.update(SAID)
    read = []
    original = h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda s, k, **o: read.append(1) or original(s, k, **o)
    )
    source = open_recording(tmp_path / "r.h5")
    opened = len(read)
    for start in range(0, 300, 20):
        part = source.frames(start, start + 20)
        np.testing.assert_array_equal(part, VELOCITY[start : start + 20])
    # Chunks along time lie unpacked in a temporary file; single frames are read as asked for.
    assert len(read) == opened + (15 if chunks[0] == 1 else 0)


@pytest.mark.parametrize("name", ["unit", "kind", "axes", "fs"])
def test_statements_that_are_matlab_objects_are_asked_for(tmp_path, name):
    said = {"fs": 250.0, "dz": 1.0, "dx": 0.5}
    said.pop(name, None)
    with h5py.File(tmp_path / "r.mat", "w", userblock_size=512) as file:
        file["TVI"] = VELOCITY.T
        for key, value in said.items():
            file[key] = [[value]]
        text = file.create_dataset(name, data=np.array([[0xDD000000, 2, 1, 1, 1, 1]], np.uint32))
        text.attrs["MATLAB_class"] = np.bytes_("string")
        text.attrs["MATLAB_object_decode"] = np.int32(3)
    with pytest.raises(InputError, match=f"'{name}' is a MATLAB string"):
        open_recording(tmp_path / "r.mat", axes=None if name == "axes" else "tzx")
    options = {"unit": "mm/s", "kind": "velocity", "axes": "tzx", "frame_rate": 250.0}
    read = read_recording(tmp_path / "r.mat", **options)
    np.testing.assert_array_equal(read.velocity, VELOCITY)


def test_cells_and_struct_arrays_are_opened_at_any_depth(tmp_path):
    with h5py.File(tmp_path / "r.mat", "w", userblock_size=512) as file:
        parts = [file.create_dataset(f"#refs#/{k}", data=(k + 1) * VELOCITY.T) for k in range(3)]
        field = file.create_dataset("trials/TVI", (1, 2), h5py.ref_dtype)
        field[0, 0], field[0, 1] = parts[0].ref, parts[1].ref
        cell = file.create_dataset("data/us/TVI", (1, 2), h5py.ref_dtype)
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
        cell[0, 0], cell[0, 1] = parts[1].ref, parts[2].ref
    names = [variable.name for variable in contents(tmp_path / "r.mat").variables]
    assert names == ["data.us.TVI{1}", "data.us.TVI{2}", "trials(1).TVI", "trials(2).TVI"]
    read = read_recording(
        tmp_path / "r.mat", "data.us.TVI{2}", "tzx", frame_rate=250.0, spacing=(1.0, 0.5)
    )
    np.testing.assert_array_equal(read.velocity, 3 * VELOCITY)
