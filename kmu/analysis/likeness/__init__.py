"""Is a recording like those that the model learned from?

``features`` measures a recording in a handful of numbers, ``comparing`` sets them beside their
distribution over simulated recordings of the model's training family, which
``python -m kmu.studies.likeness`` keeps in ``families.json``.
"""

from kmu.analysis.likeness.comparing import Likeness, compare, training_family
from kmu.analysis.likeness.features import FEATURES, Feature, measure_features

__all__ = ["FEATURES", "Feature", "Likeness", "compare", "measure_features", "training_family"]
