"""Settings of the baselines, chosen on validation recordings as our own thresholds are."""

from collections.abc import Iterable, Sequence

import numpy as np

from kmu.baselines.ica import spatial_ica
from kmu.config.baselines import SpatialIcaSettings
from kmu.evaluate.scores import score_recording, summarise
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

KURTOSES = (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)


def tune_kurtosis(
    recordings: Iterable[tuple[Recording, MotorUnits]],
    settings: SpatialIcaSettings | None = None,
    thresholds: Sequence[float] = KURTOSES,
) -> SpatialIcaSettings:
    """The settings with the kurtosis threshold of the best F1 on validation recordings.

    The separation runs once a recording; only the screening is repeated. It is the same as
    running :func:`kmu.baselines.spatial_ica` with every threshold, since a component that fails
    it never displaces a better one.

    Args:
        recordings: validation recordings with their truth.
        settings: everything but the threshold; the defaults if left out.
        thresholds: what to try.
    """
    settings = settings or SpatialIcaSettings()
    scores: list[list] = [[] for _ in thresholds]
    for recording, truth in recordings:
        found = spatial_ica(recording, settings.replace(kurtosis=float(min(thresholds))))
        for threshold, row in zip(thresholds, scores, strict=True):
            # The score of a component is k / (1 + k) of its kurtosis k.
            kept = found.score >= np.float32(threshold / (1 + threshold))
            row.append(score_recording(found.select(kept), truth))
    quality = [summarise(row)["f1"] for row in scores]
    return settings.replace(kurtosis=float(thresholds[int(np.argmax(quality))]))
