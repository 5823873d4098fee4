"""A SavedModel with the signature of the identifier and no training, for tests of what runs it.

Units are the local maxima of velocity power: crude, but every output depends on the input, so a
mixed-up, truncated or doubled answer shows. It refuses frame rates of 50 kHz and more, and from
SLOW_RATE on it takes some hundred milliseconds, for tests of refusal and of overload.
"""

import json
from pathlib import Path

SLOTS = 64
SLOW_RATE = 40_000.0


def write_stand_in(base: Path, version: int = 1) -> Path:
    """Writes ``base/<version>/`` with saved_model.pb and config.json; returns the folder."""
    import tensorflow as tf

    class LocalMaxima(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, None, None), tf.float32, "velocity"),
                tf.TensorSpec((None,), tf.float32, "frame_rate"),
                tf.TensorSpec((None, 2), tf.float32, "spacing"),
            ]
        )
        def identify(self, velocity, frame_rate, spacing):
            tf.debugging.assert_equal(
                spacing, tf.zeros_like(spacing) + spacing[:1], "spacing differs within the batch"
            )
            tf.debugging.assert_less(frame_rate, 50_000.0, "frame rate too high for this model")
            # Work that changes nothing but takes time; the result must hang on it to be done.
            turns = tf.where(tf.reduce_max(frame_rate) >= SLOW_RATE, 400, 0)
            idle = tf.while_loop(
                lambda i, _: i < turns,
                lambda i, matrix: (i + 1, tf.linalg.matmul(matrix, matrix)),
                (0, tf.zeros((300, 300))),
            )[1]
            velocity += idle[0, 0]
            batch, frames = tf.shape(velocity)[0], tf.shape(velocity)[1]
            depth, width = tf.shape(velocity)[2], tf.shape(velocity)[3]
            power = tf.reduce_mean(tf.square(velocity), axis=1)
            largest = tf.nn.max_pool2d(power[..., None], 5, 1, "SAME")[..., 0]
            peaks = tf.where(power >= largest, power, 0.0)
            flat = tf.pad(tf.reshape(peaks, (batch, -1)), [[0, 0], [0, SLOTS]])
            height, index = tf.math.top_k(flat, SLOTS)
            index = tf.minimum(index, depth * width - 1)
            z, x = index // width, index % width
            rows = tf.range(depth)[None, None, :, None] - z[..., None, None]
            columns = tf.range(width)[None, None, None, :] - x[..., None, None]
            distance = tf.cast(rows**2 + columns**2, tf.float32)
            score = height / (height[:, :1] + 1e-12)
            courses = tf.transpose(tf.reshape(velocity, (batch, frames, -1)), (0, 2, 1))
            train = tf.gather(courses, index, batch_dims=1)
            rate = frame_rate[:, None, None] / 1000.0
            return {
                "territory": tf.exp(-distance / 18.0),
                "twitch_train": train,
                "firing_probability": tf.sigmoid(train - rate),
                "score": score,
                "valid": (score > 0.2) & (height > 0),
            }

    module = LocalMaxima()
    folder = base / str(version)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.identify})
    (folder / "config.json").write_text(
        json.dumps({"thresholds": {"score": 0.2, "firing": 0.5}}) + "\n"
    )
    return folder
