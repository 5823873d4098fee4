"""The checks in words: a few lines for the terminal, a paragraph for a methods section."""

from collections.abc import Sequence

import numpy as np

from kmu._version import __version__
from kmu.analysis.likeness import FEATURES
from kmu.analysis.quality.perturbation import JITTERS_S
from kmu.trust.agreement import LEAST_OVERLAP, TOLERANCE_S
from kmu.trust.checking import Check


def sentences(checked: Check) -> dict[str, str]:
    """What each check says, in a sentence or two, by its name."""
    told = {
        "added units": _injection(checked),
        "another method": _agreement(checked),
        "moved firings": _perturbation(checked),
        "training": _likeness(checked),
        "rest": _rest(checked),
    }
    return {name: text[0].upper() + text[1:] for name, text in told.items() if text}


def table(checked: Check) -> str:
    """A line or two for each check."""
    return "\n".join(f"{name}: {text}" for name, text in sentences(checked).items())


def methods_paragraph(checked: Check) -> str:
    """For the methods section of an article: version, model, thresholds, checks and figures."""
    limits = checked.thresholds
    told = sentences(checked)
    parts = [
        f"Motor units were identified with kmu {__version__} (model {checked.model}; units of a "
        f"score of at least {limits['score']:.3g}, firings of a probability of at least "
        f"{limits['firing']:.3g}); {len(checked.units)} units were found.",
        told["added units"],
        f"Independently of the network: {told['another method']}",
        told["moved firings"],
        f"Compared with the recordings that the model was trained on: {told['training']}",
        told.get("rest", "No recording of the relaxed muscle was available as a null.")
        + " The model was trained on simulated recordings alone.",
    ]
    return " ".join(parts)


def _injection(checked: Check) -> str:
    told = checked.injection
    strengths = ", ".join(
        f"{row['found']} of {row['units']} {_range(row)} times" for row in told["by"]["strength"]
    )
    own = told["own_recall"]
    return (
        f"Of {told['units']} simulated units added to the recording {told['found']} were found "
        f"(recall {with_limits(told['recall'])}; {strengths} the strength of found units), with a "
        f"territory overlap of {with_limits(told['iou'])}, a train correlation of "
        f"{with_limits(told['twitch_train_correlation'])}, firing precision of "
        f"{with_limits(told['firing_precision'])} and recall of "
        f"{with_limits(told['firing_recall'])}; {100 * told['kept']:.0f} % of the units already "
        f"found were found again beside them. With the mean score of the found units, "
        f"{own['mean_score']:.2f}, this suggests a recall of {own['recall']:.2f} "
        f"({own['low']:.2f}-{own['high']:.2f}) for the recording's own units."
    )


def _range(row: dict[str, float | None]) -> str:
    low, high = row["low"], row["high"]
    if not low:
        return f"below {high:g}"
    return f"from {low:g}" if high is None else f"from {low:g} to {high:g}"


def _agreement(checked: Check) -> str:
    told = checked.agreement
    both = told.summary()["firing_too"]
    rates = [pair.rate_of_agreement for pair in told.pairs]
    middle = f", median rate of agreement {np.median(rates):.2f}" if rates else ""
    return (
        f"{told.label} found {len(told.pairs)} of the {len(checked.units)} "
        f"units by their territory (overlap of at least {LEAST_OVERLAP:g}), {both} of them also by "
        f"their firings beyond chance (within {1000 * TOLERANCE_S:g} ms{middle}), and "
        f"{told.only_theirs} others."
    )


def _perturbation(checked: Check) -> str:
    explained = checked.perturbed.explained
    known = explained[np.isfinite(explained[:, 0])]
    if not len(known):
        return "No unit had firings enough to be moved."
    shares = [f"{100 * value:.0f}" for value in np.median(known, axis=0)]
    jitters = ", ".join(f"{1000 * j:g}" for j in JITTERS_S)
    return (
        f"The averaged twitch explained a median of {shares[0]} % of the variance of a unit's "
        f"course, {_listed(shares[1:-1])} % with its firings jittered by {jitters} ms, and "
        f"{shares[-1]} % with all of them shifted."
    )


def _likeness(checked: Check) -> str:
    told = checked.likeness
    place = told.sentence or (
        f"this recording lies within the family {told.family} by its {len(FEATURES)} features "
        f"together (distance {told.distance:.1f}, percentile {told.percentile:.0f})"
    )
    return f"{place}; {told.expected.sentence}." if told.expected else f"{place}."


def _rest(checked: Check) -> str:
    told = checked.rest
    if told is None:
        return ""
    false = sum(score >= told.threshold for score in told.scores)
    return (
        f"In {told.seconds:.3g} s of the relaxed muscle {false} units were found, all false; above "
        f"a score of {told.needed:.2f} none is left, as are {told.kept} of the {told.units} units "
        "of the contraction."
    )


def with_limits(values: Sequence[float] | None) -> str:
    """A value and its interval, (value, low, high); a dash if unknown."""
    return "-" if values is None else "{:.2f} ({:.2f}-{:.2f})".format(*values)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts)
