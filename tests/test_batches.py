"""Batches: recordings of unlike size and number of units side by side, the rest filled with 0."""

import numpy as np
import pytest
from known_recordings import FRAMES, ONE, TWO, Prepared, example

from kmu.config import DataConfig
from kmu.train.data import batches, training_examples

PLAIN = DataConfig(
    batch_size=2, clip_frames=(FRAMES, FRAMES), crop_probability=0.0, noise=0.0, shuffle_buffer=1
)
SLOTS = (2, 2.5)


@pytest.fixture(scope="module")
def examples():
    # Neither 23 nor 29 is a multiple of 8, and the first is shorter than the second.
    first = example(23, 29, ONE[2])
    first = {**first, "velocity": first["velocity"][:-9], "twitch_train": first["twitch_train"]}
    first["twitch_train"] = first["twitch_train"][:, :-9]
    return [first, example(*TWO)]


def drawn(examples, config=PLAIN, seed=0, start=0, steps=3, slots=SLOTS):
    raw = training_examples(Prepared(examples), config)
    made = batches(raw, config, slots, seed, start, steps)
    return [{name: value.numpy() for name, value in batch.items()} for batch in made]


@pytest.fixture(scope="module")
def plain(examples):
    return drawn(examples, steps=12)


def mirrored(image):
    """The four images that mirroring makes of one."""
    return [image[..., ::down, ::across] for down in (1, -1) for across in (1, -1)]


def test_what_is_smaller_is_filled_up_with_zeros_and_has_nothing_beyond(examples, plain):
    for batch in plain:
        assert batch["velocity"].shape == (2, FRAMES, 24, 40)
        assert batch["territory"].shape == (2, 2, 24, 40)
        assert batch["twitch_train"].shape == batch["firing"].shape == (2, 2, FRAMES)
        np.testing.assert_array_equal(batch["present"], [[1, 0], [1, 1]])
        seen = batch["velocity"][0, :-9, :23, :29]
        assert any(np.array_equal(seen, one) for one in mirrored(examples[0]["velocity"]))
        assert np.abs(batch["velocity"][0]).sum() == pytest.approx(np.abs(seen).sum(), rel=1e-6)
        np.testing.assert_array_equal(
            batch["twitch_train"][0, 0, :-9], examples[0]["twitch_train"][0]
        )
        for name in ("territory", "twitch_train", "firing", "cell", "mask_cell", "slot"):
            assert not batch[name][0, 1].any()
        assert not batch["twitch_train"][0, 0, -9:].any()
        assert not batch["firing"][0, 0, -9:].any()
        assert not batch["territory"][0, 0, 23:].any()
        assert not batch["territory"][0, 0, :, 29:].any()


def test_centres_are_those_of_the_mirrored_field_not_of_the_filled_one(plain):
    row, column = ONE[2][0][:2]
    cells = {tuple(batch["cell"][0, 0]) for batch in plain}
    assert cells == {(a, b) for a in (row, 22 - row) for b in (column, 28 - column)}


def test_the_stronger_of_two_units_comes_first(examples, plain):
    for batch in plain:
        np.testing.assert_allclose(batch["twitch_train"][1], examples[1]["twitch_train"], atol=1e-6)
    swapped = [examples[0], example(24, 40, TWO[2][::-1])]
    for batch in drawn(swapped):
        np.testing.assert_allclose(batch["twitch_train"][1], examples[1]["twitch_train"], atol=1e-6)


def test_started_at_any_step_it_goes_on_as_if_never_stopped(examples):
    config = PLAIN.replace(crop_probability=0.5, smallest_crop=8, clip_frames=(40, 80), noise=0.3)
    whole, late = drawn(examples, config, steps=5), drawn(examples, config, start=3, steps=5)
    assert (len(whole), len(late)) == (5, 2)
    for one, other in zip(whole[3:], late, strict=True):
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])
    other_seed = drawn(examples, config, seed=1, steps=1)[0]
    assert not np.array_equal(other_seed["velocity"], whole[0]["velocity"])


def test_only_as_many_recordings_as_asked_for_and_places_for_as_many_units(examples):
    alone = drawn(examples, PLAIN.replace(train_count=1, most_units=3), steps=2)
    for batch in alone:
        np.testing.assert_array_equal(batch["present"], [[1, 0, 0], [1, 0, 0]])
        assert batch["velocity"].shape == (2, FRAMES - 9, 24, 32)


def test_a_second_recording_is_added_to_every_one_if_asked_for():
    both = [example(*TWO, noise=0.0), example(24, 40, ONE[2], noise=0.0)]
    config = PLAIN.replace(superpose_probability=1.0, shuffle_buffer=4)
    counts = set()
    for batch in drawn(both, config, steps=4):
        again = np.einsum("bkt,bkzx->btzx", batch["twitch_train"], batch["territory"])
        # Territories of the data set have 256 levels.
        np.testing.assert_allclose(batch["velocity"], again, atol=0.02)
        counts |= set(batch["present"].sum(1).astype(int))
    assert counts <= {2, 3, 4}
    assert max(counts) > 2
