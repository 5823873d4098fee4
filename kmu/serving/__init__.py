"""Serving a trained model over HTTP, with the paths and JSON of TensorFlow Serving.

``protocol`` turns request bodies into recordings and answers into bodies (NumPy alone),
``runner`` runs batches through the SavedModel (TensorFlow), ``application`` holds the Ray Serve
deployments, ``server`` starts and stops them, ``warmup`` writes warm-up requests for TensorFlow
Serving itself. Only ``kmu.serving.settings`` and ``kmu.serving.protocol`` import without an extra.
"""

from kmu.serving.settings import ServeSettings

__all__ = ["ServeSettings"]
