"""IQ frames in the layouts of scanners: all give what complex frames give."""

import h5py
import numpy as np
import pytest
import scipy.io

from kmu.cli import main
from kmu.errors import InputError
from kmu.reading import open_recording
from kmu.reading import read as read_recording
from kmu.velocity.estimation import velocity_from_iq

RATE, DZ, CENTRE = 1000.0, 0.1, 5e6
SAID = {"fs": RATE, "dz": DZ, "dx": 0.5, "fc": CENTRE}


def frames() -> np.ndarray:
    """Echoes (z, x, t) of one speckle that moves to and fro."""
    rng = np.random.default_rng(4)
    shift = 0.02 * np.sin(2 * np.pi * 10 * np.arange(300) / RATE)
    still = rng.standard_normal((64, 8)) + 1j * rng.standard_normal((64, 8))
    turn = np.exp(-1j * 4 * np.pi * CENTRE / 1540 * shift / 1000)
    return (20 * still[:, :, None] * turn).astype(np.complex64)


IQ = frames()


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    path = tmp_path_factory.mktemp("iq") / "complex.mat"
    scipy.io.savemat(path, {"IQ": IQ, **SAID})
    return read_recording(path, axes="zxt", kind="iq").velocity


@pytest.mark.parametrize(
    "names",
    [("IData", "QData"), ("iq_real", "iq_imag"), ("I", "Q"), ("sigI", "sigQ"),
     ("inphase", "quadrature")],
)  # fmt: skip
def test_two_arrays_are_joined_by_their_names(tmp_path, right, names):
    parts = {names[0]: IQ.real, names[1]: IQ.imag}
    scipy.io.savemat(tmp_path / "r.mat", {**parts, **SAID})
    for variable in (None, *names):
        read = read_recording(tmp_path / "r.mat", variable, "zxt", kind="iq")
        np.testing.assert_allclose(read.velocity, right, atol=1e-5)


def test_an_axis_of_two_is_called_i(tmp_path, right):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["iq"] = np.stack([IQ.real, IQ.imag], -1)
        file.attrs.update(SAID)
    read = read_recording(tmp_path / "r.h5", axes="zxti", kind="iq")
    np.testing.assert_allclose(read.velocity, right, atol=1e-5)
    with pytest.raises(InputError, match="no array of numbers with three axes"):
        read_recording(tmp_path / "r.h5", axes="zxt", kind="iq")


@pytest.mark.parametrize("order", ["zxti", "depth, lateral, time, iq"])
def test_an_axis_of_i_and_q_may_be_said_by_the_file(tmp_path, right, order):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["iq"] = np.stack([IQ.real, IQ.imag], -1)
        file.attrs.update(SAID, axes=order, kind="iq")
    read = read_recording(tmp_path / "r.h5")
    np.testing.assert_allclose(read.velocity, right, atol=1e-5)


@pytest.mark.parametrize("fields", ["re im", "I Q", "imag real", "real imaginary"])
@pytest.mark.parametrize("kind", ["h5", "npy", "npz"])
def test_structured_numbers_are_complex(tmp_path, right, fields, kind):
    values = np.empty(IQ.shape, [(name, ">f4") for name in fields.split()])
    for name in fields.split():
        values[name] = IQ.imag if name in ("im", "imag", "imaginary", "Q") else IQ.real
    path = tmp_path / f"r.{kind}"
    if kind == "h5":
        with h5py.File(path, "w") as file:
            file["r"] = values
    elif kind == "npy":
        np.save(path, values)
    else:
        np.savez(path, r=values)
    said = {"frame_rate": RATE, "spacing": (DZ, 0.5), "centre_frequency": CENTRE}
    read = read_recording(path, axes="zxt", kind="iq", **said)
    np.testing.assert_allclose(read.velocity, right, atol=1e-5)


def test_iq_without_a_sign_is_refused(tmp_path):
    with h5py.File(tmp_path / "r.h5", "w") as file:
        file["iq"] = np.round(np.stack([IQ.real, IQ.imag], -1) + 200).astype(np.uint16)
        file.attrs.update(SAID)
    with pytest.raises(InputError, match="without sign"):
        read_recording(tmp_path / "r.h5", axes="zxti", kind="iq")


def test_rows_by_turns_are_paired(tmp_path, right):
    rows = np.stack([IQ.real, IQ.imag], 1).reshape(128, 8, 300)
    scipy.io.savemat(tmp_path / "r.mat", {"IQ": rows, **SAID})
    read = read_recording(tmp_path / "r.mat", axes="zxt", kind="iq", iq_pairs=True)
    np.testing.assert_allclose(read.velocity, right, atol=1e-5)
    with pytest.raises(InputError, match="--iq-pairs"):
        read_recording(tmp_path / "r.mat", axes="zxt", kind="iq")


def test_transmits_are_averaged_coherently(tmp_path, right):
    noise = 5 * np.random.default_rng(1).standard_normal(IQ.shape).astype(np.float32)
    scipy.io.savemat(tmp_path / "r.mat", {"IQ": np.stack([IQ + noise, IQ - noise], 2), **SAID})
    read = read_recording(tmp_path / "r.mat", axes="zxat", kind="iq")
    np.testing.assert_allclose(read.velocity, right, atol=1e-4)


def test_loupas_counts_from_the_frequency_of_demodulation():
    away = np.arange(64) * DZ * 1e-3
    # The same echoes demodulated 1 MHz lower turn along depth.

    smooth = np.ones_like(IQ) * IQ[:1, :1]
    turned = smooth * np.exp(2j * np.pi * 1e6 * 2 * away / 1540)[:, None, None]
    plain, lower = (
        velocity_from_iq(
            values.transpose(2, 0, 1), RATE, DZ, CENTRE, estimator="loupas",
            demodulation_frequency=frequency,
        )
        for values, frequency in ((smooth, None), (turned, CENTRE - 1e6))
    )  # fmt: skip
    np.testing.assert_allclose(lower[:, 8:-8], plain[:, 8:-8], rtol=1e-3, atol=1e-4)


def test_the_echo_of_iq_is_known_on_the_grid_of_the_velocity(tmp_path):
    """It lets recordings be registered by what the tissue looks like."""
    path = tmp_path / "complex.mat"
    scipy.io.savemat(path, {"IQ": IQ, **SAID})
    source = open_recording(path, axes="zxt", kind="iq")
    magnitude = source.magnitude()
    assert magnitude.shape == source.shape[1:]
    # Rows of 0.1 mm become rows of 0.3 mm; the last one has a single row left.
    expected = [np.abs(IQ[k : k + 3, :, 0]).mean(0) for k in range(0, 64, 3)]
    np.testing.assert_allclose(magnitude, expected, rtol=1e-4)


def proposed(path, capsys):
    assert main(["inspect", str(path)]) == 0
    shown = capsys.readouterr().out
    return next(line for line in shown.splitlines() if "kmu identify" in line), shown


def test_inspect_proposes_a_way_in_for_every_layout(tmp_path, capsys):
    iq = np.ones((300, 24, 40), np.float32)
    np.savez(tmp_path / "two.npz", IData=iq, QData=iq)
    command, _ = proposed(tmp_path / "two.npz", capsys)
    assert "--kind iq" in command
    assert "--variable" not in command
    np.savez(tmp_path / "four.npz", iq=np.stack([iq, iq], -1))
    command, shown = proposed(tmp_path / "four.npz", capsys)
    assert "--kind iq" in command
    assert "a letter for each axis of iq (300 x 24 x 40 x 2)" in shown


def test_velocity_alone_has_no_echo(tmp_path):
    velocity = np.random.default_rng(0).standard_normal((60, 60, 300))
    scipy.io.savemat(tmp_path / "v.mat", {"velocity": velocity, "fs": RATE, "dz": 0.3, "dx": 0.3})
    assert open_recording(tmp_path / "v.mat", axes="zxt").magnitude() is None
