"""One phase of training, from wherever it stands to its end."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kmu.config import PhaseConfig
from kmu.progress import Progress
from kmu.train.checkpoint import load_checkpoint, save_checkpoint
from kmu.train.devices import has_gpu


def make_optimizer(phase: PhaseConfig) -> keras.optimizers.Optimizer:
    """AdamW with warm-up, cosine decay, clipped gradients and a moving average of the weights."""
    warm_up = max(1, round(phase.warm_up * phase.steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=phase.learning_rate / 10,
        decay_steps=max(phase.steps - warm_up, 1),
        alpha=0.1,
        warmup_target=phase.learning_rate,
        warmup_steps=warm_up,
    )
    return keras.optimizers.AdamW(
        schedule,
        weight_decay=phase.weight_decay,
        # Each device clips its part of the gradient before Keras adds the parts up.
        global_clipnorm=5.0 / tf.distribute.get_strategy().num_replicas_in_sync,
        use_ema=True,
        ema_momentum=phase.average,
    )


class _Keeper(keras.callbacks.Callback):
    """Shows progress, and writes a checkpoint at the end of every Keras epoch.

    It also adds to the logs how many seconds the epoch took: what each hour bought.
    """

    def __init__(self, path: Path, name: str, every: int, progress: Progress) -> None:
        super().__init__()
        self.path, self.name, self.every, self.progress = path, name, every, progress

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.begun = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss")
        self.progress.advance(1, f"loss {float(loss):.3f}" if loss is not None else "")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            raise FloatingPointError(
                f"the loss of {self.name} is not a number; the last checkpoint is kept"
            )
        if logs is not None:
            logs["wall_seconds"] = round(time.monotonic() - self.begun, 2)
        save_checkpoint(self.path, every_variable(self.model), self.name, (epoch + 1) * self.every)


def every_variable(objective: keras.Model) -> list[Any]:
    """Weights, optimizer state and random states: all that a step changes."""
    metrics = {id(variable) for variable in objective.metrics_variables}
    own = [variable for variable in objective.variables if id(variable) not in metrics]
    return own + list(objective.optimizer.variables)


def fit(
    objective: keras.Model,
    phase: PhaseConfig,
    dataset: tf.data.Dataset,
    *,
    name: str,
    start: int,
    every: int,
    out: Path,
    watch: keras.callbacks.Callback | None = None,
) -> None:
    """Trains ``objective`` from step ``start`` to the end of the phase.

    A Keras epoch here is the stretch between two checkpoints.

    Args:
        objective: what to train, with all variables built.
        phase: steps, learning rate and the rest.
        dataset: batches ``start`` to ``phase.steps``.
        name: of the phase.
        start: steps already done; if not 0, the checkpoint in ``out`` is read.
        every: steps between checkpoints.
        out: folder of the run.
        watch: looks at validation recordings at every checkpoint.

    Raises:
        FloatingPointError: if the loss is not a number.
    """
    optimizer = make_optimizer(phase)
    compiled = keras.backend.backend() == "jax" or has_gpu()
    objective.compile(optimizer=optimizer, jit_compile=compiled)
    optimizer.build(objective.trainable_variables)
    checkpoint = out / "checkpoint.npz"
    if start:
        load_checkpoint(checkpoint, every_variable(objective))
    if start >= phase.steps:
        # Interrupted after the last step: only the averaged weights are still to be taken.
        optimizer.finalize_variable_values(objective.trainable_variables)
        return
    with Progress(f"training {name}", phase.steps, "steps", done=start) as progress:
        objective.fit(
            dataset,
            initial_epoch=start // every,
            epochs=phase.steps // every,
            steps_per_epoch=every,
            shuffle=False,  # the data set does it itself
            verbose=0,
            callbacks=[
                _Keeper(checkpoint, name, every, progress),
                keras.callbacks.TensorBoard(out / "logs" / name, write_graph=False),
                keras.callbacks.CSVLogger(str(out / "logs" / f"{name}.csv"), append=start > 0),
                *([watch] if watch else []),
            ],
        )
