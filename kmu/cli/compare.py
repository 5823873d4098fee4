"""Compare the motor units that were found with the true ones, one-to-one by their territories."""

import argparse

HELP = "score found motor units against true ones"

_ROWS = (
    ("units found", "units_found", ""),
    ("units true", "units_true", ""),
    ("units matched (IoU >= 0.5)", "units_matched", ""),
    ("redundant", "redundant", ""),
    ("merged", "merged", ""),
    ("missed", "missed", ""),
    ("precision", "precision", ""),
    ("recall", "recall", ""),
    ("F1", "f1", ""),
    ("F1, mean over IoU 0.3 to 0.8", "f1_iou_30_to_80", ""),
    ("territory IoU *", "iou", ""),
    ("territory Dice *", "dice", ""),
    ("centroid distance *", "centroid_distance_mm", "mm"),
    ("twitch-train correlation *", "twitch_train_correlation", ""),
    ("averaged-twitch correlation *", "averaged_twitch_correlation", ""),
    ("rate of agreement, +-5 ms *", "rate_of_agreement_5ms", ""),
    ("rate of agreement, +-10 ms *", "rate_of_agreement", ""),
    ("rate of agreement, +-20 ms *", "rate_of_agreement_20ms", ""),
    ("RoA, +-10 ms, no lag taken off *", "rate_of_agreement_lag_0", ""),
    ("lag behind the truth *", "lag_ms", "ms"),
    ("precision of firings, +-10 ms *", "firing_precision", ""),
    ("recall of firings, +-10 ms *", "firing_recall", ""),
    ("firing error, median a unit *", "firing_error_ms", "ms"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("found", metavar="FOUND.h5", help="motor units that a method found")
    parser.add_argument("truth", metavar="TRUTH.h5", help="true motor units of the same recording")
    parser.add_argument("--json", metavar="FILE", help="also write the scores to this file")


def run(arguments: argparse.Namespace) -> int:
    """Prints the table; writes the JSON file if asked."""
    import json
    import math

    from kmu.evaluation.scores import score_recording, summarise
    from kmu.files import check_outputs, replacing
    from kmu.motor_units import MotorUnits
    from kmu.progress import say
    from kmu.tracking.common_grid import on_common_grid

    check_outputs([arguments.json], [arguments.found, arguments.truth])
    found = MotorUnits.load(arguments.found)
    truth = MotorUnits.load(arguments.truth)
    found, truth, change = on_common_grid(found, truth)
    if change:
        say(change)
    summary = summarise([score_recording(found, truth)], detailed=True)
    for label, key, unit in _ROWS:
        value = summary[key]
        text = str(value) if isinstance(value, int) else f"{value:.3f}"
        if label.endswith("*") and (not summary["units_matched"] or math.isnan(value)):
            text, unit = "-", ""
        print(f"{label:<32}{text:>8} {unit}".rstrip())
    print("* mean over the matched units")
    if arguments.json:
        known = {key: value for key, value in summary.items() if not math.isnan(value)}
        with replacing(arguments.json) as temporary:
            temporary.write_text(json.dumps(known, indent=2) + "\n")
    return 0
