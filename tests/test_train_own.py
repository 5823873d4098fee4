"""Training made one's own: another scanner, own recordings."""

import dataclasses
import json

import numpy as np
import pytest
from made_units import two_units
from own_scanner import FINE, GRID, TINY, own_dataset

from kmu.analysis.likeness import compare, training_family
from kmu.analysis.likeness.features import FEATURES
from kmu.cli import main
from kmu.config import DataConfig, GridConfig, SimulationConfig, TrainingConfig
from kmu.errors import InputError
from kmu.evaluation.scores import score_recording
from kmu.simulation import simulate
from kmu.simulation.batch import packed
from kmu.train import add_arguments, run
from kmu.train.card import model_card
from kmu.train.data import in_random_order, open_dataset
from kmu.train.own import as_dataset, on_grid, own_examples, own_recordings
from kmu.train.testing import figures_of


def trained_with(monkeypatch, *arguments):
    """The configuration that a command would train."""
    import argparse

    from kmu.train import pipeline

    taken = []
    monkeypatch.setattr(pipeline, "train", lambda config, *rest: taken.append(config))
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(["--preset", "tiny", *arguments]))
    return taken[0]


@pytest.fixture(scope="module")
def own_family(tmp_path_factory):
    return own_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture
def folder(tmp_path):
    """Two own recordings with their truth, on their own grid."""
    for seed in (1, 2):
        recording, truth = simulate(FINE, seed)
        recording.save(tmp_path / f"trial{seed}.h5")
        truth.save(tmp_path / f"trial{seed}.truth.h5")
    return tmp_path


def test_the_file_of_an_own_family_is_what_the_run_keeps(monkeypatch, tmp_path):
    path = tmp_path / "fine.json"
    path.write_text(FINE.to_json())
    config = trained_with(monkeypatch, "--family", str(path))
    assert (config.data.own, config.data.family) == (FINE, "fine")
    path.unlink()
    assert TrainingConfig.from_dict(json.loads(config.to_json())) == config
    assert trained_with(monkeypatch, "--family", "mixed").data.own is None


def test_fields_left_out_of_the_file_keep_their_defaults_and_wrong_ones_are_refused(
    monkeypatch, tmp_path
):
    path = tmp_path / "own.json"
    path.write_text('{"family": "own", "scanner": {"snr": [0, 10]}}')
    own = trained_with(monkeypatch, "--family", str(path)).data.own
    assert own == SimulationConfig(family="own").override(snr=(0, 10))
    path.write_text('{"pixels": 3}')
    with pytest.raises(InputError, match="SimulationConfig has no field 'pixels'"):
        trained_with(monkeypatch, "--family", str(path))
    assert main(["train", "--family", str(tmp_path / "none.json"), "--quiet"]) == 2


def test_an_own_family_is_learnt_on_the_grid_and_tested_as_the_scanner_makes_it(
    own_family, tmp_path, capsys
):
    data, builder = own_family
    few = data.replace(own_counts=(1, 1, 1))
    open_dataset(few, GRID, tmp_path)
    assert capsys.readouterr().out == ""
    shapes = {
        split: next(iter(builder.as_dataset(split=split)))["velocity"].shape
        for split in ("train", "test")
    }
    assert shapes == {"train": (50, 32, 32), "test": (100, 64, 64)}


def test_on_the_grid_velocity_and_trains_are_those_of_the_network_itself():
    recording, truth = simulate(FINE, 3)
    made = on_grid(packed(recording, truth), GRID)
    assert made["frame_rate"] == 100
    np.testing.assert_array_equal(made["spacing"], [0.625, 0.625])
    # Means over the pixels and frames that become one, up to the kernel.
    mean = recording.velocity.reshape(50, 2, 32, 2, 32, 2).mean((1, 3, 5))
    assert np.corrcoef(mean.ravel(), made["velocity"].astype(float).ravel())[0, 1] > 0.9
    area = (made["territory"] >= 128).sum((1, 2)) * 0.625**2
    np.testing.assert_allclose(area, truth.mask.sum((1, 2)) * 0.3125**2, rtol=0.15, atol=1.0)
    np.testing.assert_allclose(
        np.std(made["twitch_train"], 1), np.std(truth.twitch_train, 1), rtol=0.2
    )


def test_what_lies_on_the_grid_stays_as_it_is():
    recording, truth = simulate("tiny", 3)
    before = packed(recording, truth)
    after = on_grid(before, GRID)
    np.testing.assert_allclose(after["velocity"], before["velocity"], atol=1e-2)
    np.testing.assert_array_equal(after["territory"], before["territory"])
    np.testing.assert_allclose(after["twitch_train"], before["twitch_train"], atol=1e-5)


def test_a_family_of_the_data_set_is_refused_on_another_grid(tmp_path):
    with pytest.raises(InputError, match=r"grid has 0\.3 mm .* families 0\.625 mm"):
        open_dataset(TINY.data, GridConfig(spacing=0.3), tmp_path)


def test_own_recordings_are_the_stated_share_of_what_is_learnt_from(own_family, folder):
    data, builder = own_family
    config = data.replace(recordings_share=0.25, shuffle_buffer=4)
    raw = builder.as_dataset(split="train")
    silent = [
        (dataclasses.replace(recording, velocity=recording.velocity * 0), truth)
        for recording, truth in own_recordings(folder)
    ]
    stream = in_random_order(raw, config, 1, as_dataset(silent, GRID)).take(200)
    own = [not one["velocity"].numpy().any() for one in stream]
    # Binomial: four deviations either way.
    assert abs(np.mean(own) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 200)
    assert [not one["velocity"].numpy().any() for one in stream] == own


def test_truth_of_own_recordings_is_carried_to_the_grid(folder):
    data = own_examples(DataConfig(recordings=str(folder)), GRID)
    for example, (recording, truth) in zip(data, own_recordings(folder), strict=True):
        assert example["velocity"].shape == (50, 32, 32)
        assert example["territory"].shape[0] == len(truth)
        for times, theirs in zip(example["firings"]["times"], truth.firings, strict=True):
            np.testing.assert_allclose(times, theirs)
        assert recording.frame_rate == 200
    assert own_examples(DataConfig(), GRID) is None


def test_recordings_without_truth_are_refused_before_anything_is_simulated(
    folder, tmp_path, capsys
):
    (folder / "trial2.truth.h5").unlink()
    command = ["train", "--preset", "tiny", "--quiet", "--data-dir", str(tmp_path / "data")]
    command += ["--out", str(tmp_path / "run"), "--recordings", str(folder)]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "trial2.h5 has no truth beside it, trial2.truth.h5" in said
    assert not (tmp_path / "data").exists()
    with pytest.raises(InputError, match="no folder"):
        own_recordings(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no recordings with truth"):
        own_recordings(tmp_path / "empty")


def test_the_truth_of_another_recording_is_refused(folder):
    simulate(FINE, 5, duration=0.4)[1].save(folder / "trial2.truth.h5")
    with pytest.raises(InputError, match=r"not the truth of trial2\.h5.* 80 frames"):
        own_recordings(folder)


def test_a_share_needs_recordings(monkeypatch, folder):
    with pytest.raises(InputError, match="needs --recordings"):
        trained_with(monkeypatch, "--recordings-share", "0.5")
    given = ["--recordings", str(folder), "--recordings-share", "0.5"]
    data = trained_with(monkeypatch, *given).data
    assert (data.recordings, data.recordings_share) == (str(folder.resolve()), 0.5)


def test_the_card_says_what_was_learnt_from():
    def card(data):
        return model_card(TINY.replace(data=data), {}, {}, {"score": 0.5, "firing": 0.4}, 1000)

    usual = card(TINY.data)
    assert "Simulated recordings only, family `tiny` of `motor_unit_ultrasound`" in usual
    assert "Never trained on in-vivo recordings" in usual
    own = card(DataConfig(family="fine", own=FINE, recordings="/a", recordings_share=0.3))
    assert "Simulated recordings, and 30% recordings given with truth, family `fine` of the" in own
    assert "in-vivo" not in own


def test_the_card_says_how_well_times_agree_without_a_lag_and_how_late_they_are():
    late = dataclasses.replace(two_units(), firings=[t + 0.03 for t in two_units().firings])
    silent = dataclasses.replace(two_units(), firings=[np.zeros(0)] * 2)
    figures = {
        name: figures_of([score_recording(found, two_units())])
        for name, found in (("kmu", late), ("spatial_ica", silent))
    }
    card = model_card(TINY, {"tiny": figures}, {}, {"score": 0.5, "firing": 0.4}, 1000)
    heading, _, first, second = (
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in card.partition("**Scores**")[0].splitlines()
        if line.startswith("|")
    )
    told = dict(zip(heading, first, strict=True))
    assert told["RoA"].startswith("1.000")
    assert float(told["RoA, lag 0"][:5]) < 0.5
    assert told["lag ms"].startswith("30.000")
    assert dict(zip(heading, second, strict=True))["lag ms"] == "-"


def test_a_model_of_an_own_family_is_not_told_by_another_what_it_learned_from(tmp_path):
    config = TINY.replace(data=DataConfig(family="mixed", own=FINE))
    (tmp_path / "training.json").write_text(config.to_json())
    assert training_family(tmp_path) == "own mixed"
    features = {feature.name: 1e6 for feature in FEATURES}
    likeness = compare(features, training_family(tmp_path))
    assert "unlike those of family mixed (of the model's own mixed, nothing is kept)" in (
        likeness.sentence
    )
    assert "unlike those the model learned from" in compare(features, "mixed").sentence
