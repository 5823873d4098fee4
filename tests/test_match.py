import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from kmu import InputError, MotorUnits
from kmu.evaluation.match import match_units


def units(masks, trains=None, frame_rate=100.0, spacing=(0.5, 0.5)):
    masks = np.asarray(masks, np.float32)
    trains = np.zeros((len(masks), 8)) if trains is None else trains
    return MotorUnits(masks, trains, [[] for _ in masks], np.ones(len(masks)), frame_rate, spacing)


def box(top, left, height, width, shape=(12, 12)):
    mask = np.zeros(shape)
    mask[top : top + height, left : left + width] = 1
    return mask


boxes = st.builds(box, *[st.integers(0, 8)] * 2, *[st.integers(1, 6)] * 2)
unit_lists = st.lists(boxes, max_size=6)


@settings(max_examples=60, deadline=None)
@given(unit_lists, unit_lists, st.sampled_from([0.3, 0.5, 0.8]))
def test_matching_is_one_to_one_and_within_the_threshold(found, truth, iou):
    matching = match_units(
        units(np.reshape(found, (-1, 12, 12))), units(np.reshape(truth, (-1, 12, 12))), iou
    )
    assert len(set(matching.found)) == len(matching.found)
    assert len(set(matching.truth)) == len(matching.truth)
    assert (matching.iou >= iou).all()
    assert len(matching.missed) + len(matching.truth) == len(truth)
    assert not set(matching.redundant) & set(matching.found)


@settings(max_examples=60, deadline=None)
@given(unit_lists, unit_lists, st.randoms(use_true_random=False))
def test_matching_does_not_depend_on_the_order_of_the_units(found, truth, random):
    one = match_units(
        units(np.reshape(found, (-1, 12, 12))), units(np.reshape(truth, (-1, 12, 12)))
    )
    random.shuffle(found)
    random.shuffle(truth)
    two = match_units(
        units(np.reshape(found, (-1, 12, 12))), units(np.reshape(truth, (-1, 12, 12)))
    )
    assert np.allclose(np.sort(one.iou), np.sort(two.iou))
    assert len(one.redundant) == len(two.redundant)


@settings(max_examples=60, deadline=None)
@given(unit_lists, unit_lists)
def test_matching_is_symmetric(found, truth):
    found, truth = (units(np.reshape(m, (-1, 12, 12))) for m in (found, truth))
    assert len(match_units(found, truth).found) == len(match_units(truth, found).found)


@settings(max_examples=30, deadline=None)
@given(unit_lists, unit_lists)
def test_matching_is_as_large_as_possible(found, truth):
    matching = match_units(
        units(np.reshape(found, (-1, 12, 12))), units(np.reshape(truth, (-1, 12, 12)))
    )
    partners = maximum_bipartite_matching(csr_array(matching.overlap >= 0.5))
    assert len(matching.found) == (partners >= 0).sum()


def test_two_true_units_in_one_place_are_told_apart_by_their_trains():
    masks = [box(2, 2, 4, 4)] * 2
    trains = np.random.default_rng(0).normal(size=(2, 30)).astype(np.float32)
    matching = match_units(units(masks, trains[::-1]), units(masks, trains))
    assert list(matching.found) == [1, 0]


def test_a_second_find_of_the_same_unit_is_redundant():
    matching = match_units(units([box(2, 2, 4, 4), box(2, 2, 4, 5)]), units([box(2, 2, 4, 4)]))
    assert list(matching.found) == [0]
    assert list(matching.redundant) == [1]


def test_a_find_that_covers_two_true_units_is_merged():
    truth = units([box(2, 1, 4, 4), box(2, 5, 4, 4)])
    matching = match_units(units([box(2, 1, 4, 8)]), truth)
    assert list(matching.merged) == [0]
    assert len(matching.missed) == 1


@pytest.mark.parametrize(("width", "merged"), [(5, []), (6, [0]), (7, [0])])
def test_a_find_is_merged_if_it_covers_half_of_a_second_unit(width, merged):
    truth = units([box(2, 1, 4, 4), box(2, 5, 4, 4)])
    matching = match_units(units([box(2, 1, 4, width)]), truth)
    assert (list(matching.merged), list(matching.missed)) == (merged, [1])


def test_a_find_that_is_too_large_for_its_only_unit_is_not_merged():
    matching = match_units(units([box(2, 1, 4, 9)]), units([box(2, 1, 4, 4)]))
    assert (list(matching.merged), list(matching.missed)) == ([], [0])


def test_well_separated_finds_of_overlapping_units_are_not_merged():
    truth = units([box(2, 2, 4, 4), box(2, 3, 4, 4)])
    assert not len(match_units(truth, truth).merged)


@pytest.mark.parametrize(
    "other",
    [
        units(np.zeros((1, 12, 11))),
        units([box(0, 0, 2, 2)], np.zeros((1, 9))),
        units([box(0, 0, 2, 2)], spacing=(0.5, 0.6)),
        units([box(0, 0, 2, 2)], frame_rate=200.0),
    ],
)
def test_units_of_another_grid_are_refused(other):
    with pytest.raises(InputError, match="of the same recording"):
        match_units(other, units([box(0, 0, 2, 2)]))


@pytest.mark.parametrize("iou", [0, -1, 1.1])
def test_an_impossible_threshold_is_refused(iou):
    with pytest.raises(InputError, match="iou"):
        match_units(units([box(0, 0, 2, 2)]), units([box(0, 0, 2, 2)]), iou)
