"""Ablation: stages are really left out and come back; every row is scored once and kept."""

import json

import numpy as np
import pytest
from linear_world import linear_recording

from kmu.config import NETWORK_PRESETS, TRAINING_PRESETS
from kmu.errors import InputError
from kmu.models import Identifier
from kmu.studies import ablation
from kmu.studies.ablation import ablation_table, designed
from kmu.studies.stages import (
    MASKS_ALONE,
    PROPOSAL_SCORE,
    STAGES,
    UNMIXED_TRAIN,
    WHOLE,
    ablated,
)

BASE = TRAINING_PRESETS["base"]


def untrained():
    """An identifier that proposes units without having learnt to."""
    import keras

    keras.utils.set_random_seed(0)
    network = NETWORK_PRESETS["tiny"]
    network = network.replace(
        signal=network.signal.replace(proposal_score=0.0),
        segmenter=network.segmenter.replace(max_units=12),
    )
    identifier = Identifier(network)
    identifier.build()
    last = identifier.signals.refiner.exit.kernel
    last.assign(np.random.default_rng(1).normal(0, 0.1, last.shape))
    return identifier


def answer(identifier):
    rng = np.random.default_rng(0)
    given = {
        "velocity": rng.normal(size=(1, 60, 32, 32)).astype(np.float32),
        "frame_rate": np.full(1, 100.0, np.float32),
        "spacing": np.full((1, 2), 0.625, np.float32),
    }
    return {name: np.asarray(value)[0] for name, value in identifier(given).items()}


def test_designs_differ_in_what_their_name_says():
    assert designed(BASE, "both") == BASE
    assert not designed(BASE, "slow_fusion").network.local_correlation
    assert not designed(BASE, "local_correlation").network.slow_fusion
    assert designed(BASE, "one_unit_a_place").network.segmenter.slots == 1
    with pytest.raises(InputError, match="no design 'nothing'"):
        designed(BASE, "nothing")


def test_stages_are_left_out_of_a_copy_with_the_same_weights():
    identifier = untrained()
    config = identifier.config
    whole = answer(identifier)
    assert (whole["score"] > 0).any()
    answers = {stage: answer(ablated(identifier, stage)) for stage in STAGES}
    for name, values in answer(identifier).items():
        np.testing.assert_array_equal(values, whole[name])
        np.testing.assert_array_equal(values, answers[WHOLE][name])
    assert identifier.config == config
    assert not np.array_equal(answers["no refinement"]["territory"], whole["territory"])
    assert not np.array_equal(answers[PROPOSAL_SCORE]["score"], whole["score"])
    np.testing.assert_array_equal(answers[UNMIXED_TRAIN]["territory"], whole["territory"])
    for stage in (UNMIXED_TRAIN, MASKS_ALONE):
        assert not np.allclose(answers[stage]["twitch_train"], whole["twitch_train"])


def test_the_table_has_a_row_a_network_and_stage():
    row = dict.fromkeys(
        ("f1", "precision", "recall", "iou", "twitch_train_correlation", "rate_of_agreement"), 0.5
    )
    row |= {"intervals": {"f1": (0.4, 0.6)}, "units_matched": 3, "units_true": 6}
    text = ablation_table({"both": {WHOLE: row, "no sieve": row}})
    assert "| both | no sieve | 0.500 (0.400-0.600) | 0.500 |" in text
    assert text.count("\n") == 3


def test_the_command_scores_once_and_goes_on_where_it_stood(tmp_path, monkeypatch, capsys):
    trained, answered = [], []

    def train_networks(config, folder, builder):
        trained.append(folder.name)
        return untrained()

    def validation_units(identifier, builder, count):
        answered.append(builder)
        truths = [linear_recording(seed, units=3, size=24)[1] for seed in range(count)]
        time = np.arange(200) / 100.0
        bumps = [
            np.array(
                [np.exp(-(((time[:, None] - one) / 0.015) ** 2)).max(1) for one in true.firings]
            )
            for true in truths
        ]
        return [(true, true) for true in truths], bumps

    monkeypatch.setattr(
        ablation, "open_dataset", lambda data, grid, data_dir: (data.family, data_dir)
    )
    monkeypatch.setattr(ablation, "validation_units", validation_units)
    monkeypatch.setattr(ablation, "train_networks", train_networks)
    monkeypatch.setattr(ablation, "STAGES", (WHOLE, UNMIXED_TRAIN))
    command = ["--preset", "tiny", "--designs", "both,slow_fusion", "--count", "2"]
    command += ["--out", str(tmp_path / "out"), "--data-dir", str(tmp_path / "data")]
    assert ablation.main([*command[:3], "both", *command[4:]]) == 0
    assert ablation.main(command) == 0
    assert trained == ["both", "slow_fusion"]
    assert answered == 3 * [("tiny", tmp_path / "data")]
    rows = json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert {name: list(stages) for name, stages in rows.items()} == {
        "both": [WHOLE, UNMIXED_TRAIN],
        "slow_fusion": [WHOLE],
    }
    for stages in rows.values():
        assert stages[WHOLE]["recordings"] == 2
        assert stages[WHOLE]["units_true"] == stages[WHOLE]["units_matched"] == 6
        assert stages[WHOLE]["f1"] == stages[WHOLE]["iou"] == 1
        assert stages[WHOLE]["rate_of_agreement"] > 0.9
    assert (tmp_path / "out" / "ablation.md").read_text() in capsys.readouterr().out


def test_a_run_that_is_not_finished_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(TRAINING_PRESETS["tiny"].to_json())
    with pytest.raises(InputError, match="no finished run"):
        ablation.main(["--runs", f"both={tmp_path}", "--out", str(tmp_path / "out")])
