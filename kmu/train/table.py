"""The table a training run ends with."""

from collections.abc import Mapping

COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "iou": "IoU",
    "twitch_train_correlation": "train corr.",
    "rate_of_agreement": "RoA",
    "units_matched": "matched",
    "units_true": "true",
    "seconds_per_recording": "s/recording",
}


def results_table(metrics: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Scores by family and method as a Markdown table.

    Args:
        metrics: family -> method -> score -> value, as in ``metrics.json``.
    """
    rows = [["family", "method", *COLUMNS.values()]]
    for family, methods in metrics.items():
        for method, scores in methods.items():
            rows.append(
                [
                    family,
                    method,
                    *(
                        f"{scores[name]:d}" if name.startswith("units") else f"{scores[name]:.3f}"
                        for name in COLUMNS
                    ),
                ]
            )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
