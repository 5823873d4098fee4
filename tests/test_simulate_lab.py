import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.config import SIMULATION_PRESETS
from kmu.simulation import simulate
from kmu.simulation.scene import Scene, one_of_mixture, resolve
from kmu.simulation.tissue import TissueDraw, moving_rows, patterns

QUICK = settings(max_examples=20, deadline=None, derandomize=True, database=None)
SHEET = TissueDraw(
    spread=0.0, spread_length=1.0, bulge=0.0, outside_muscle=1.0, firing_delay=0.0,
    wave_slowness=0.0, stiffening=0.0, far_field=1.0, far_reach=40.0,
)  # fmt: skip


def around(territory, spacing=(0.5, 0.5), tissue=SHEET):
    here = np.asarray(territory, np.float32)[None]
    return patterns(here, np.zeros_like(here), np.zeros(1), np.ones_like(here[0]), tissue, spacing)[
        0, 0
    ]


def test_the_far_field_falls_with_the_logarithm_of_distance():
    # From r to 2 r a line force's field falls by ln 2, wherever; along the force there is 1 more.
    territory = np.zeros((129, 129))
    territory[64, 64] = 1.0
    moved = around(territory)
    beside = np.array([moved[64, 64 + r] for r in (8, 16, 32, 64)])
    above = np.array([moved[64 - r, 64] for r in (8, 16, 32, 64)])
    falls = -np.diff(beside)
    np.testing.assert_allclose(falls, falls[0], rtol=0.02)
    np.testing.assert_allclose(-np.diff(above), falls[0], rtol=0.02)
    np.testing.assert_allclose((above - beside) / falls[0], 1 / np.log(2), rtol=0.02)


def test_the_far_field_reaches_where_the_near_one_has_ended():
    territory = np.zeros((80, 80))
    territory[36:44, 36:44] = 1.0
    near = SHEET.__class__(**{**vars(SHEET), "far_field": 0.0, "spread": 1.0, "spread_length": 3.0})
    at_17_mm = [np.abs(around(territory, tissue=tissue)[40 - 34, 40]) for tissue in (SHEET, near)]
    assert at_17_mm[0] > 0.2
    assert at_17_mm[1] < 0.06


def test_thickening_moves_tissue_up_above_and_down_below_by_the_same():
    territory = np.zeros((65, 65))
    territory[30:35, 28:37] = 1.0
    thick, none = (
        SHEET.__class__(**{**vars(SHEET), "far_field": 0.0, "bulge": bulge}) for bulge in (0.5, 0.0)
    )
    part = around(territory, tissue=thick) - around(territory, tissue=none)
    np.testing.assert_allclose(part, -part[::-1], atol=0.02 * np.abs(part).max())
    assert np.abs(part).max() > 0.3


@QUICK
@given(top=st.floats(0.0, 8.0), bottom=st.floats(0.0, 8.0), seed=st.integers(0, 10**6))
def test_layers_at_rest_hold_no_fibres_and_do_not_move(top, bottom, seed):
    layers = {"resting_top": (top, top), "resting_bottom": (bottom, bottom)}
    scene = Scene.draw(resolve("tiny", duration=0.3, far_field=(1.0, 1.0), **layers), seed)
    depth = (np.arange(32) + 0.5) * 0.625
    still = (depth < top) | (depth > 20.0 - bottom)
    velocity, _ = scene.units_velocity(np.arange(20) / 100)
    assert not velocity[:, still].any()
    assert not scene.territory[:, still].any()
    np.testing.assert_array_equal(moving_rows(depth, (top, bottom))[:, 0] == 0, still)
    centres = scene.contraction.shapes.centre[scene.contraction.visible, 0]
    assert ((centres > top) & (centres < 20.0 - bottom)).all()


@pytest.fixture(scope="module")
def drawn():
    lab = SIMULATION_PRESETS["lab"]
    return [one_of_mixture(lab, np.random.default_rng(seed)) for seed in range(600)]


def test_lab_has_recordings_of_few_units_of_a_hundred_and_of_none(drawn):
    most = np.array([config.units[1] for config in drawn])
    assert (most == 0).mean() == pytest.approx(0.06, abs=0.03)
    assert (most == 4).mean() == pytest.approx(0.3 * 0.94, abs=0.06)
    assert (most == 100).mean() == pytest.approx(0.1 * 0.94, abs=0.04)


def test_a_lab_recording_without_active_units_still_moves():
    lab = SIMULATION_PRESETS["lab"]
    recording, truth = simulate(lab, 1, rest_share=1.0)
    assert len(truth) == 0
    assert recording.velocity.std() > 0
    assert np.isfinite(recording.velocity).all()


def test_a_view_can_hold_a_hundred_units():
    scene = Scene.draw(
        resolve("lab", unit_choices=((100, 100),), rest_share=0.0, depths=(40.0, 40.0),
                resting_top=(0.0, 0.0), resting_bottom=(0.0, 0.0), durations=(1.0, 1.0)), 2
    )  # fmt: skip
    assert scene.contraction.visible.sum() == 100


def test_a_lab_unit_counts_from_half_of_its_territory_in_view_wherever_its_centre_is():
    outside, inside = 0, 0
    for seed in range(40):
        scene = Scene.draw(resolve("lab", rest_share=0.0), seed)
        shapes, visible = scene.contraction.shapes, scene.contraction.visible
        seen = (scene.territory >= 0.5).sum((1, 2)) * 0.625**2 / shapes.area
        # Territories are measured on other points than the image's.
        assert seen[visible].min(initial=1.0) > 0.4
        assert seen[~visible].max(initial=0.0) < 0.6
        size = np.array(scene.territory.shape[1:]) * 0.625
        centred = ((shapes.centre > 0) & (shapes.centre < size)).all(1)
        outside += (visible & ~centred).sum()
        inside += (~visible & centred).sum()
    assert outside > 0
    assert inside > 0


def test_contraction_times_and_rates_of_lab_cover_what_was_asked_for():
    times, rates = [], []
    for seed in range(20):
        scene = Scene.draw(
            resolve("lab", unit_choices=((10, 10),), rest_share=0.0, depths=(12.0, 12.0)), seed
        )
        times.extend(scene.contraction.twitches.contraction_time)
        rates.extend(
            1 / np.median(np.diff(fired)) for fired in scene.contraction.firings if len(fired) > 5
        )
    assert min(times) < 0.040
    assert max(times) > 0.115
    assert min(rates) < 4.0
    assert max(rates) > 25.0


def test_every_lab_recording_is_finite_and_its_truth_is_within_it():
    for seed in range(8):
        recording, truth = simulate("lab", seed, durations=(1.0, 1.5))
        assert np.isfinite(recording.velocity).all()
        assert len(truth) <= 100
        for times, mask in zip(truth.firings, truth.mask, strict=True):
            assert len(times)
            assert (times >= 0).all()
            assert (times < recording.duration).all()
            assert mask.any()
