"""Training on JAX: the same run, the same folder, gone on with by TensorFlow."""

import os
import subprocess
import sys

import numpy as np
import pytest

from kmu.config import TRAINING_PRESETS
from kmu.train.checkpoint import checkpoint_position

pytest.importorskip("jax", reason="needs the extra kmu[jax]")

TINY = TRAINING_PRESETS["tiny"]


@pytest.mark.slow
def test_what_jax_has_trained_tensorflow_calibrates_tests_and_exports(tmp_path):
    config = TINY.replace(
        data=TINY.data.replace(views=((80, 16, 24),), most_units=4),
        segmentation=TINY.segmentation.replace(steps=4),
        signals=TINY.signals.replace(steps=0),
        inference=TINY.inference.replace(second_look=True),
        together_steps=4,
    )
    (tmp_path / "config.json").write_text(config.to_json())
    out = tmp_path / "run"
    command = [sys.executable, "-m", "kmu.train", "--quiet", "--config"]
    command += [str(tmp_path / "config.json"), "--out", str(out), "--data-dir", str(tmp_path)]
    weights = []
    for backend in ("jax", "tensorflow"):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": backend}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert checkpoint_position(out / "checkpoint.npz") == ("together", 4)
        with np.load(out / "checkpoint.npz") as file:
            weights.append([file[name] for name in file.files if name.startswith("v")])
        assert (out / "saved_model" / "1" / "saved_model.pb").exists() == (backend != "jax")
    for trained, used in zip(*weights, strict=True):
        np.testing.assert_array_equal(trained, used)
        assert np.isfinite(trained).all()
    assert (out / "metrics.json").stat().st_size > 0
