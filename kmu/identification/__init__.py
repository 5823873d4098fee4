"""From a recording to its motor units: velocity comes in, ``MotorUnits`` go out.

``pipeline`` is the one way through; ``finding`` says where a model lies,
``served_model`` loads and calls it, ``plain_runtime`` without Python's TensorFlow where it can;
``coarse`` brings a recording to the model's frame rate (``resample`` has the filter and the faces
of recordings); ``preparation`` filters and takes out the probe's motion; ``blocks`` cuts what is
long and ``linking`` follows units across blocks; ``firings`` reads times off probabilities.
"""
