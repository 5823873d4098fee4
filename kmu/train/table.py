"""The table a training run ends with."""

from collections.abc import Mapping
from typing import Any

from kmu.evaluation.table import markdown

COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "iou": "IoU",
    "twitch_train_correlation": "train corr.",
    "rate_of_agreement": "RoA",
    "rate_of_agreement_lag_0": "RoA, lag 0",
    "lag_ms": "lag ms",
    "units_matched": "matched",
    "units_true": "true",
    "seconds_per_recording": "s/recording",
}


def results_table(
    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]], intervals: bool = False
) -> str:
    """Scores by family and method as a Markdown table.

    Args:
        metrics: family -> method -> score -> value, as in ``metrics.json``.
        intervals: with the 95 % intervals behind the scores that have one, and without seconds,
            which say nothing away from the machine they were measured on.
    """
    columns = {
        name: title
        for name, title in COLUMNS.items()
        if not (intervals and name.startswith("seconds"))
    }
    rows = [
        [family, method, *(_cell(scores, name, intervals) for name in columns)]
        for family, methods in metrics.items()
        for method, scores in methods.items()
    ]
    return markdown(("family", "method", *columns.values()), rows, texts=2, aligned=True)


def _cell(scores: Mapping[str, Any], name: str, interval: bool) -> str:
    if name.startswith("units"):
        return f"{scores[name]:d}"
    # What an earlier kmu did not measure, and the lag where no firing matches.
    if scores.get(name) is None:
        return "-"
    text = f"{scores[name]:.3f}"
    if interval and name in scores.get("intervals", {}):
        low, high = scores["intervals"][name]
        text += f" ({low:.3f}-{high:.3f})"
    return text
