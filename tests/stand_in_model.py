"""A SavedModel with the signature of the identifier and no training, for tests of what runs it.

Units are where the velocity is strongest: crude, but every output depends on the input, so a
mixed-up, truncated or doubled answer shows. It refuses frame rates of 50 kHz and more, as the real
model refuses what it cannot do.
"""

import json
from pathlib import Path

SLOTS = 64


def write_stand_in(folder: Path, score: float = 0.3) -> Path:
    """Writes saved_model.pb and config.json to a version folder; returns the folder."""
    import tensorflow as tf

    class StandIn(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None, None, None], tf.float32, name="velocity"),
                tf.TensorSpec([None], tf.float32, name="frame_rate"),
                tf.TensorSpec([None, 2], tf.float32, name="spacing"),
            ]
        )
        def identify(self, velocity, frame_rate, spacing):
            alike = tf.zeros_like(spacing) + spacing[:1]
            tf.debugging.assert_equal(spacing, alike, "spacing differs within the batch")
            tf.debugging.assert_less(frame_rate, 50_000.0, "frame rate too high for this model")
            shape = tf.shape(velocity)
            batch, depth, width = shape[0], shape[2], shape[3]
            power = tf.reduce_mean(tf.square(velocity), axis=1)[..., None]
            power = tf.nn.avg_pool2d(power, 3, 1, "SAME")
            top = tf.nn.max_pool2d(power, 9, 1, "SAME")
            flat = tf.reshape(tf.where(power == top, power, 0.0), [batch, -1])
            count = tf.minimum(SLOTS, tf.shape(flat)[1])
            value, index = tf.math.top_k(flat, count)
            value = tf.pad(value, [[0, 0], [0, SLOTS - count]])
            index = tf.pad(index, [[0, 0], [0, SLOTS - count]])
            highest = tf.maximum(value[:, :1], 1e-12)
            score = value / highest
            dz, dx = spacing[:, 0, None, None, None], spacing[:, 1, None, None, None]
            z = tf.cast(tf.range(depth), tf.float32)[None, None, :, None]
            x = tf.cast(tf.range(width), tf.float32)[None, None, None, :]
            at_z = tf.cast(index // width, tf.float32)[:, :, None, None]
            at_x = tf.cast(index % width, tf.float32)[:, :, None, None]
            far = tf.square((z - at_z) * dz) + tf.square((x - at_x) * dx)
            territory = tf.exp(-far / 18.0)
            weight = territory / tf.reduce_sum(territory, [2, 3], keepdims=True)
            train = tf.einsum("btzx,bkzx->bkt", velocity, weight)
            largest = tf.reduce_max(tf.abs(train), -1, keepdims=True)
            return {
                "territory": territory,
                "twitch_train": train,
                "firing_probability": tf.nn.relu(train) / tf.maximum(largest, 1e-12),
                "score": score,
                "valid": (score > 0.1) & (highest > 1e-10) & (frame_rate[:, None] > 0),
            }

    module = StandIn()
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.identify})
    thresholds = {"score": score, "firing": 0.5}
    (folder / "config.json").write_text(json.dumps({"thresholds": thresholds}))
    return folder
