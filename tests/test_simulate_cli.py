import json

import h5py
import pytest

from kmu.cli import main
from kmu.motor_units import MotorUnits
from kmu.recording import Recording


def test_recording_truth_and_iq_frames_are_written_and_fit_together(tmp_path):
    paths = {name: tmp_path / f"{name}.h5" for name in ("rec", "truth", "iq")}
    code = main(
        ["simulate", "--quiet", "--preset", "tiny", "--force", "0.5", "--seconds", "0.2",
         "--seed", "3", "-o", str(paths["rec"]), "--truth", str(paths["truth"]),
         "--iq", str(paths["iq"])]
    )  # fmt: skip
    assert code == 0
    recording, truth = Recording.load(paths["rec"]), MotorUnits.load(paths["truth"])
    assert recording.duration == pytest.approx(0.2)
    assert truth.territory.shape[1:] == recording.velocity.shape[1:]
    assert recording.meta["seed"] == 3
    assert recording.meta["force_percent_mvc"] == pytest.approx(0.5, rel=0.1)
    assert json.dumps(recording.meta)
    with h5py.File(paths["iq"]) as file:
        frames = (0.2 * 100 - 1) * 10 + 10 + 1
        assert file["iq"].shape[0] == frames
        assert file.attrs["frame_rate"] == 1000.0


@pytest.mark.parametrize(
    "wrong",
    [
        ["--preset", "nothing"],
        ["--force", "0"],
        ["--force", "120"],
        ["--seconds", "-1"],
        ["--seed", "-4"],
        ["--ramp", "0"],
    ],
)
def test_bad_input_is_one_sentence_exit_code_2_and_no_file(tmp_path, capsys, wrong):
    path = tmp_path / "rec.h5"
    assert main(["simulate", "-o", str(path), *wrong]) == 2
    assert capsys.readouterr().err.startswith("kmu: ")
    assert not path.exists()


def test_a_ramp_starts_from_rest(tmp_path):
    path = tmp_path / "truth.h5"
    arguments = ["--preset", "tiny", "--force", "5", "--ramp", "1.5", "--seconds", "2"]
    assert main(
        ["simulate", "--quiet", *arguments, "-o", str(tmp_path / "rec.h5"), "--truth", str(path)]
    ) == 0  # fmt: skip
    truth = MotorUnits.load(path)
    early, late = (
        sum(((times >= start) & (times < start + 0.5)).sum() for times in truth.firings)
        for start in (0.0, 1.5)
    )
    assert late > 1.3 * early
