"""Training as a user meets it: it ends with a model, goes on after a kill, repeats exactly."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from kmu.config import TRAINING_PRESETS, TrainingConfig
from kmu.errors import InputError
from kmu.train.checkpoint import checkpoint_position

ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
TINY = TRAINING_PRESETS["tiny"]
# With every phase that there can be, of a network that is quickly traced.
CONFIG = TINY.replace(
    network=TINY.network.replace(
        correlation_offsets=(0, 1),
        segmenter=TINY.network.segmenter.replace(widths=(8, 12)),
        signal=TINY.network.signal.replace(refinements=1, regressor_dilations=(1,)),
    ),
    data=TINY.data.replace(test_count=4),
    inference=TINY.inference.replace(refinements=2, second_look=True),
    together_steps=4,
    watched=0,
    segmentation=TINY.segmentation.replace(steps=4),
    signals=TINY.signals.replace(steps=4),
    checkpoint_steps=2,
)


def command(out, data_dir, *more):
    config = data_dir / "config.json"
    config.write_text(CONFIG.to_json())
    base = [sys.executable, "-m", "kmu.train", "--config", str(config), "--quiet"]
    return [*base, "--deterministic", "--out", str(out), "--data-dir", str(data_dir), *more]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, data_dir):
    out = tmp_path_factory.mktemp("runs") / "whole"
    done = subprocess.run(command(out, data_dir), env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_a_run_ends_with_a_table_a_model_and_its_figures(finished):
    out, printed = finished
    assert "spatial_ica" in printed
    metrics = json.loads((out / "metrics.json").read_text())
    assert set(metrics["tiny"]) == {"kmu", "spatial_ica"}
    for scores in metrics["tiny"].values():
        assert {"precision", "recall", "f1", "units_matched", "units_true"} <= set(scores)
        assert f"{scores['f1']:.3f}" in printed
    for name in (
        "saved_model.pb",
        "model.keras",
        "config.json",
        "card.md",
        "golden.npz",
        "reliability.png",
        "training.json",
    ):
        assert (out / "saved_model" / "1" / name).is_file()
    assert list(out.glob("logs/*/train/events*"))


def test_its_card_has_the_figures_with_intervals_and_the_reliability_of_scores(finished):
    out, _ = finished
    card = (out / "saved_model" / "1" / "card.md").read_text()
    ica = json.loads((out / "metrics.json").read_text())["tiny"]["spatial_ica"]
    low, high = ica["intervals"]["f1"]
    assert low <= ica["f1"] <= high
    assert f"{ica['f1']:.3f} ({low:.3f}-{high:.3f})" in card
    assert "expected calibration error" in card
    assert set(json.loads((out / "reliability.json").read_text())) == {"tiny"}


def test_a_finished_run_is_exported_and_evaluated_anew_without_training(
    finished, data_dir, tmp_path
):
    from kmu.train.pipeline import train

    out = tmp_path / "again"
    out.mkdir()
    for name in ("config.json", "checkpoint.npz"):
        (out / name).write_bytes((finished[0] / name).read_bytes())
    metrics = train(TrainingConfig.from_json(out / "config.json"), out, data_dir)
    assert not (out / "logs").exists()
    first = json.loads((finished[0] / "metrics.json").read_text())
    assert metrics["tiny"]["kmu"]["units_matched"] == first["tiny"]["kmu"]["units_matched"]
    assert (out / "saved_model" / "1" / "saved_model.pb").is_file()


def test_the_configuration_it_leaves_is_the_one_it_ran(finished):
    out, _ = finished
    assert TrainingConfig.from_json(out / "config.json") == CONFIG
    assert (CONFIG.network.signal.refinements, CONFIG.signal_in_use()["refinements"]) == (1, 2)
    used = json.loads((out / "saved_model" / "1" / "config.json").read_text())
    signal = used["network"]["signal"]
    assert (signal["refinements"], signal["second_look"]) == (2, True)
    logged = sorted(path.stem for path in (out / "logs").glob("*.csv"))
    assert logged == sorted(CONFIG.phases())


def test_of_a_network_without_refinement_only_the_overlap_of_duplicates_is_changed():
    assert TRAINING_PRESETS["paper"].signal_in_use() == {"duplicate_iou": 0.3}


def test_killed_and_started_again_it_ends_with_the_very_same_weights(finished, data_dir, tmp_path):
    whole, _ = finished
    out = tmp_path / "killed"
    running = subprocess.Popen(
        command(out, data_dir), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 300
    while (checkpoint_position(out / "checkpoint.npz") or ("",))[0] != "signals":
        assert running.poll() is None, running.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stderr.close()
    assert not (out / "metrics.json").exists()
    again = subprocess.run(command(out, data_dir), env=ENVIRONMENT, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    with np.load(whole / "checkpoint.npz") as one, np.load(out / "checkpoint.npz") as other:
        assert one.files == other.files
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    timeless = [
        {method: {k: v for k, v in scores.items() if k != "seconds_per_recording"}
         for method, scores in json.loads((folder / "metrics.json").read_text())["tiny"].items()}
        for folder in (whole, out)
    ]  # fmt: skip
    assert timeless[0] == timeless[1]


def test_a_folder_with_another_run_is_refused_in_one_sentence(finished, data_dir):
    out, _ = finished
    refused = subprocess.run(
        command(out, data_dir, "--seed", "9"), env=ENVIRONMENT, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "another configuration" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_plain_tensorflow_serves_the_model_for_any_size(finished):
    out, _ = finished
    code = (
        "import sys, tensorflow as tf\n"
        f"serve = tf.saved_model.load({str(out / 'saved_model' / '1')!r})"
        ".signatures['serving_default']\n"
        "for b, t, z, x in ((1, 200, 64, 64), (3, 157, 48, 64), (1, 1500, 119, 128)):\n"
        "    found = serve(velocity=tf.random.normal((b, t, z, x)),\n"
        "        frame_rate=tf.fill((b,), 1000. if t > 1000 else 100.),\n"
        "        spacing=tf.fill((b, 2), .3 if t > 1000 else .625))\n"
        "    k = found['score'].shape[1]\n"
        "    assert k >= 64 and found['territory'].shape == (b, k, z, x)\n"
        "    assert found['twitch_train'].shape == (b, k, t) == found['firing_probability'].shape\n"
        "assert not any(name.split('.')[0] in ('keras', 'kmu') for name in sys.modules\n"
        "    if name.startswith('kmu'))\n"
        "try:\n"
        "    serve(velocity=tf.zeros((2, 9, 8, 8)), frame_rate=tf.constant([100., 200.]),\n"
        "        spacing=tf.ones((2, 2)))\n"
        "except tf.errors.InvalidArgumentError as error:\n"
        "    assert 'frame_rate must be equal' in str(error)\n"
        "else:\n"
        "    raise SystemExit('unequal frame rates were accepted')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_saved_model_answers_as_the_keras_model_does(finished):
    import tensorflow as tf

    from kmu.models.export import load_identifier

    folder = finished[0] / "saved_model" / "1"
    given = {
        "velocity": tf.constant(np.random.default_rng(0).normal(size=(2, 80, 32, 32)), tf.float32),
        "frame_rate": tf.fill((2,), 100.0),
        "spacing": tf.fill((2, 2), 0.625),
    }
    loaded = tf.saved_model.load(str(folder))
    served = loaded.signatures["serving_default"](**given)
    direct = load_identifier(folder)(given)
    for name, values in served.items():
        np.testing.assert_allclose(
            np.asarray(values, float), np.asarray(direct[name], float), atol=1e-4
        )


def test_steps_that_do_not_fit_the_checkpoints_are_refused():
    with pytest.raises(InputError, match="multiple of checkpoint_steps"):
        TRAINING_PRESETS["tiny"].replace(checkpoint_steps=3)
