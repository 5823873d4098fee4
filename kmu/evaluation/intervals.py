"""How sure a score is: bootstrap over recordings; and how it depends on the recording."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from kmu.evaluation.measures import Floats, detection
from kmu.evaluation.scores import RecordingScores, summarise

INTERVAL_KEYS = (
    "precision",
    "recall",
    "f1",
    "f1_iou_30_to_80",
    "iou",
    "dice",
    "centroid_distance_mm",
    "twitch_train_correlation",
    "averaged_twitch_correlation",
    "rate_of_agreement_5ms",
    "rate_of_agreement",
    "rate_of_agreement_20ms",
    "firing_error_ms",
    "false_units_per_recording",
    "rate_of_agreement_lag_0",
    "lag_ms",
    "firing_precision",
    "firing_recall",
)


def bootstrap_intervals(
    scores: Sequence[RecordingScores], resamples: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % intervals of the detailed summary, by resampling recordings with replacement.

    Percentile bootstrap (Efron 1979). Every score is a ratio of sums over recordings, so only the
    sums are resampled.

    Args:
        scores: one a recording.
        resamples: how many.
        seed: of the resampling.

    Returns:
        (low, high) for each of ``INTERVAL_KEYS``; empty if there is nothing to resample.
    """
    if not scores or not resamples:
        return {}
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(scores), np.full(len(scores), 1 / len(scores)), resamples)
    values = resampled(scores, weights.astype(np.float64))
    return {
        key: (float(np.quantile(values[key], 0.025)), float(np.quantile(values[key], 0.975)))
        for key in INTERVAL_KEYS
    }


def resampled(scores: Sequence[RecordingScores], weights: Floats) -> dict[str, Floats]:
    """The summary with every recording counted ``weights`` times.

    Args:
        scores: R of them.
        weights: (B, R).

    Returns:
        (B,) values for each of ``INTERVAL_KEYS``.
    """

    def total(of: Callable[[RecordingScores], float]) -> Floats:
        return weights @ np.array([float(of(score)) for score in scores])

    matched, found, true = (
        total(lambda s: s.units_matched),
        total(lambda s: s.units_found),
        total(lambda s: s.units_true),
    )
    nothing = (found == 0) & (true == 0)

    def ratio(part: Floats, whole: Floats, perfect: bool = False) -> Floats:
        value = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
        return np.where(nothing, 1.0, value) if perfect else value

    thresholds = len(scores[0].matched_at)
    by_threshold = [
        ratio(2 * total(lambda s, k=k: s.matched_at[k]), found + true, True)  # type: ignore[misc]
        for k in range(thresholds)
    ]
    return {
        "precision": ratio(matched, found, True),
        "recall": ratio(matched, true, True),
        "f1": ratio(2 * matched, found + true, True),
        "f1_iou_30_to_80": np.mean(by_threshold, axis=0),
        "iou": ratio(total(lambda s: s.iou.sum()), matched),
        "dice": ratio(total(lambda s: s.dice.sum()), matched),
        "centroid_distance_mm": ratio(total(lambda s: s.centroid_distance.sum()), matched),
        "twitch_train_correlation": ratio(
            total(lambda s: s.twitch_train_correlation.sum()), matched
        ),
        "averaged_twitch_correlation": ratio(
            total(lambda s: s.averaged_twitch_correlation.sum()), matched
        ),
        "rate_of_agreement_5ms": ratio(total(lambda s: s.rate_of_agreement[:, 0].sum()), matched),
        "rate_of_agreement": ratio(total(lambda s: s.rate_of_agreement[:, 1].sum()), matched),
        "rate_of_agreement_20ms": ratio(total(lambda s: s.rate_of_agreement[:, 2].sum()), matched),
        "firing_error_ms": ratio(
            total(lambda s: np.nansum(s.firing_error)),
            total(lambda s: np.isfinite(s.firing_error).sum()),
        ),
        "false_units_per_recording": ratio(found - matched, weights.sum(axis=1)),
        "rate_of_agreement_lag_0": ratio(total(lambda s: s.rate_of_agreement_lag_0.sum()), matched),
        "lag_ms": ratio(
            total(lambda s: np.nansum(s.lag)), total(lambda s: np.isfinite(s.lag).sum())
        ),
        "firing_precision": ratio(total(lambda s: s.firing_precision.sum()), matched),
        "firing_recall": ratio(total(lambda s: s.firing_recall.sum()), matched),
    }


# Edges of the bins of each breakdown: of recordings (their whole summary), of units (recall).
RECORDING_BINS: dict[str, tuple[float, ...]] = {
    "units_true": (0, 5, 10, 15, 20, 30, 40, 60, np.inf),
    "snr_db": (-np.inf, 5, 10, 15, 20, 25, np.inf),
    "synchronization": (-np.inf, 0.0, 0.02, 0.05, np.inf),
}
UNIT_BINS: dict[str, tuple[float, ...]] = {
    "nearest_centre": (0, 1.25, 2.5, 4, np.inf),
    "size": (0, 10, 20, 30, 40, np.inf),
    "depth": (0, 10, 20, 30, np.inf),
}


def breakdowns(
    scores: Sequence[RecordingScores], properties: Sequence[dict[str, float]]
) -> dict[str, list[dict[str, float | None]]]:
    """Scores by property of the recording, and recall by property of the true unit.

    Args:
        scores: one a recording.
        properties: of each recording: ``snr_db``, ``synchronization``; what is missing is left
            out of that breakdown.

    Returns:
        For every property a list of bins, each with ``low``, ``high`` (None: no limit) and, by
        recording, ``recordings`` and the summary, or, by unit, ``units`` and ``recall``. Bins
        that nothing falls into are left out.
    """
    result: dict[str, list[dict[str, float | None]]] = {}
    for name, edges in RECORDING_BINS.items():
        values = [
            float(score.units_true) if name == "units_true" else given.get(name, np.nan)
            for score, given in zip(scores, properties, strict=True)
        ]
        rows: list[dict[str, float | None]] = []
        for low, high in itertools.pairwise(edges):
            chosen = [s for s, value in zip(scores, values, strict=True) if low <= value < high]
            if chosen:
                summary = summarise(chosen)
                summary.pop("seconds_per_recording")
                rows.append({**_limits(low, high), "recordings": len(chosen), **summary})
        result[name] = rows
    for name, edges in UNIT_BINS.items():
        everything = [getattr(score, name) for score in scores]
        unit_values = np.concatenate(everything) if everything else np.zeros(0)
        detected = np.concatenate([s.detected for s in scores]) if scores else np.zeros(0, bool)
        rows = []
        for low, high in itertools.pairwise(edges):
            # A unit all alone is infinitely far from the next.
            inside = (unit_values >= low) & ((unit_values < high) | (high == np.inf))
            if inside.any():
                recall = detection(int(detected[inside].sum()), 0, int(inside.sum()))[1]
                rows.append({**_limits(low, high), "units": int(inside.sum()), "recall": recall})
        result[name] = rows
    return result


def _limits(low: float, high: float) -> dict[str, float | None]:
    return {
        "low": float(low) if np.isfinite(low) else None,
        "high": float(high) if np.isfinite(high) else None,
    }


def synchronization(firings: Sequence[Floats], seconds: float, window: float = 0.005) -> float:
    """How much more often two units fire together than by chance, averaged over all pairs.

    Args:
        firings: of all true units, s.
        seconds: length of the recording.
        window: firings this close are together, s.

    Returns:
        Share of the firings of the unit with fewer that have one of the other within the window,
        less what independent units of those rates would have; NaN with fewer than two units that
        fire.
    """
    excess = []
    trains = [np.asarray(times) for times in firings if len(times)]
    for i, first in enumerate(trains):
        for second in trains[i + 1 :]:
            fewer, more = sorted((first, second), key=len)
            at = np.searchsorted(more, fewer)
            after = more[np.minimum(at, len(more) - 1)] - fewer
            before = fewer - more[np.maximum(at - 1, 0)]
            together = np.minimum(np.abs(after), np.abs(before)) <= window
            chance = 1 - np.exp(-2 * window * len(more) / max(seconds, 1e-9))
            excess.append(together.mean() - chance)
    return float(np.mean(excess)) if excess else float("nan")
