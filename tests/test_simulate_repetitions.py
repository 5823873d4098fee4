import numpy as np
import pytest

from kmu.cli import main
from kmu.config.repetition import RepetitionConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.simulation import simulate_series
from kmu.simulation.repetition import Repetition

STILL = RepetitionConfig(
    probe_shift=0.0, probe_tilt=0.0, gap=0.0, press=0.0, force_ratio=(1.0, 1.0)
)


def test_the_way_from_image_to_muscle_and_back_ends_where_it_began():
    drawn = Repetition.draw(RepetitionConfig(probe_tilt=10.0, press=0.1), "tiny", 3, 1, 20.0)
    places = np.array([[1.0, 2.0], [15.0, 19.0], [8.0, 10.0]])
    muscle = np.stack(drawn.tissue(*places.T), axis=1)
    assert np.abs(muscle - places).max() > 0.1
    np.testing.assert_allclose(drawn.image(muscle), places, atol=1e-9)


def test_a_probe_that_stays_sees_the_same_units_fire_otherwise():
    (first, true), (again, truth) = simulate_series("tiny", 5, 2, STILL)
    assert set(true.ids) == set(truth.ids)
    mine, its = np.argsort(true.ids), np.argsort(truth.ids)
    np.testing.assert_array_equal(true.territory[mine], truth.territory[its])
    assert not np.array_equal(true.firings[mine[0]], truth.firings[its[0]])
    noise = first.velocity - again.velocity
    assert noise.std() > 0.1 * first.velocity.std()


def test_a_probe_moved_by_two_millimetres_sees_units_there():
    aside = RepetitionConfig(
        probe_shift=2.0, probe_tilt=0.0, gap=0.0, press=0.0, fibre_angle=0.0,
        force_ratio=(1.0, 1.0),
    )  # fmt: skip
    (_, true), (recording, truth) = simulate_series("low_force", 2, 2, aside, duration=0.5)
    shift = recording.meta["repetition"]["shift_mm"]
    assert 0.1 < abs(shift) <= 2.0
    whole = 0
    for name in set(true.ids) & set(truth.ids):
        before = true.territory[true.ids == name][0]
        after = truth.territory[truth.ids == name][0]
        if before[:, [0, 1, 2, 3, -4, -3, -2, -1]].max() > 0:
            continue  # cut by the border
        lateral = (np.arange(64) + 0.5) * 0.625
        moved = [np.average(lateral, weights=t.sum(0)) for t in (before, after)]
        assert moved[1] - moved[0] == pytest.approx(-shift, abs=0.1)
        whole += 1
    assert whole


def test_more_force_keeps_the_units_and_adds_others():
    stronger = RepetitionConfig(force_ratio=(2.0, 2.0))
    (first, true), (second, truth) = simulate_series("low_force", 4, 2, stronger, duration=0.5)
    ratio = second.meta["force_percent_mvc"] / first.meta["force_percent_mvc"]
    assert ratio == pytest.approx(2.0)
    assert truth.ids.max() > true.ids.max()


def test_the_command_writes_numbered_recordings_and_truths(tmp_path):
    code = main(
        ["simulate", "--quiet", "--preset", "tiny", "--seconds", "0.2", "--repeat", "2",
         "--probe-shift", "1", "--probe-tilt", "3", "--force-ratio", "1", "1.5",
         "-o", str(tmp_path / "rec.h5"), "--truth", str(tmp_path / "truth.h5")]
    )  # fmt: skip
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "rec.1.h5", "rec.2.h5", "truth.1.h5", "truth.2.h5",
    ]  # fmt: skip
    meta = Recording.load(tmp_path / "rec.2.h5").meta["repetition"]
    assert abs(meta["shift_mm"]) <= 1
    assert abs(meta["rotation_deg"]) <= 3
    assert len(MotorUnits.load(tmp_path / "truth.2.h5"))


@pytest.mark.parametrize(
    "wrong",
    [
        ["--probe-shift", "1"],
        ["--repeat", "0"],
        ["--repeat", "2", "--probe-tilt", "90"],
        ["--repeat", "2", "--force-ratio", "2", "1"],
        ["--repeat", "2", "--iq", "iq.h5"],
    ],
)
def test_bad_options_are_one_sentence_and_write_nothing(tmp_path, capsys, wrong):
    assert main(["simulate", "--preset", "tiny", "-o", str(tmp_path / "rec.h5"), *wrong]) == 2
    assert capsys.readouterr().err.startswith("kmu: ")
    assert not list(tmp_path.iterdir())


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed is -1"):
        next(simulate_series("tiny", -1, 2))
