"""Trains of units whose territories are known: what joins the blocks of a long recording."""

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.identification.served_model import load_model
from kmu.models.export import export_identifier

SHAPE = (24, 40)
RATE, SPACING = 250.0, (1.0, 0.5)


@pytest.fixture(scope="module")
def served(identifier, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny" / "1"
    return load_model(export_identifier(identifier, folder, {"score": 0.1, "firing": 0.5}, "card"))


def made(seconds: float = 2.0):
    """Velocity (T, Z, X) of two units that overlap, their territories and their true trains."""
    rng = np.random.default_rng(0)
    z, x = np.meshgrid(np.arange(24) + 0.5, (np.arange(40) + 0.5) * 0.5, indexing="ij")
    territory = np.stack(
        [np.exp(-((z - a) ** 2 + (x - b) ** 2) / 18) for a, b in ((8, 6), (14, 12))]
    ).astype(np.float32)
    time = np.arange(round(seconds * RATE)) / RATE
    train = np.stack([np.sin(2 * np.pi * rate * time) for rate in (7.0, 11.0)]).astype(np.float32)
    noise = 0.05 * rng.standard_normal((len(time), *SHAPE)).astype(np.float32)
    return np.einsum("kt,kzx->tzx", train, territory) + noise, territory, train


def test_the_exported_signature_does_what_the_model_does(identifier, served):
    velocity, territory, _ = made()
    train, firing = served.signals_of(velocity, RATE, SPACING, territory)
    direct = identifier.signals_of(
        {
            "velocity": velocity[None],
            "frame_rate": np.array([RATE], np.float32),
            "spacing": np.array([SPACING], np.float32),
            "territory": territory[None],
        }
    )
    np.testing.assert_allclose(train, direct["twitch_train"][0], atol=1e-4)
    np.testing.assert_allclose(firing, direct["firing_probability"][0], atol=1e-4)
    assert train.shape == firing.shape == (2, len(velocity))
    assert firing.min() >= 0
    assert firing.max() <= 1


def test_units_of_known_territory_are_told_apart_on_the_recordings_own_grid_and_rate(served):
    velocity, territory, truth = made()
    train, _ = served.signals_of(velocity, RATE, SPACING, territory)
    # An untrained regressor adds noise to the unmixed trains; the units stay apart all the same.
    correlation = np.corrcoef(train, truth)[:2, 2:]
    assert correlation[0, 0] > 0.7 + abs(correlation[0, 1])
    assert correlation[1, 1] > 0.7 + abs(correlation[1, 0])


def test_a_unit_without_territory_changes_no_other(served):
    velocity, territory, _ = made()
    padded = np.concatenate([territory, np.zeros((1, *SHAPE), np.float32)])
    alone, _ = served.signals_of(velocity, RATE, SPACING, territory)
    beside, _ = served.signals_of(velocity, RATE, SPACING, padded)
    np.testing.assert_allclose(beside[:2], alone, atol=1e-3)
    assert np.isfinite(beside[2]).all()


def test_a_model_of_an_older_export_says_that_it_cannot(served, tmp_path):
    from stand_in_model import write_stand_in

    older = load_model(write_stand_in(tmp_path / "1"))
    assert older.call_signals is None
    velocity, territory, _ = made()
    with pytest.raises(InputError, match="export it anew"):
        older.signals_of(velocity, RATE, SPACING, territory)
