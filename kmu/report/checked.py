"""The page of a result with all that its checks say."""

import html
from pathlib import Path
from typing import Any

import numpy as np

from kmu.analysis.likeness import FEATURES
from kmu.analysis.physiology import measure
from kmu.analysis.provenance import facts
from kmu.analysis.quality import flags
from kmu.report.page import Report, write_page
from kmu.report.panels import draw_perturbed
from kmu.trust import Check
from kmu.trust.recovery import QUALITIES
from kmu.trust.told import methods_paragraph, sentences, with_limits

_PROPERTIES = {
    "strength": "strength of found units",
    "size": "area (mm²)",
    "depth": "depth (mm)",
    "nearest_centre": "distance to the next unit (mm)",
}

_HEADS = {"iou": "overlap", "twitch_train_correlation": "train correlation"}


def write_checked(checked: Check, result: Path, path: Path) -> None:
    """Writes the page: the result as ``kmu identify`` shows it, and the checks.

    Args:
        checked: of ``kmu.check``.
        result: file of the result, for the title.
        path: where to.
    """
    units = checked.units
    made = units.provenance
    quality = {name: values for name, values in checked.quality.items() if name != "quality"}
    told = facts(made) if "source" in made else {"result": result.name}
    report = Report(
        title=f"{made.get('source', {}).get('file') or result.name}, checked",
        facts=told,
        units=units,
        power=checked.power,
        quality=checked.quality,
        flags=flags(quality),
        measures=measure(units),
        warnings=checked.warnings,
        result=result.name,
        sections={
            "Trust": _trust(checked),
            "For a methods section": [f"<p>{html.escape(methods_paragraph(checked))}</p>"],
        },
    )
    write_page(report, path)


def _trust(checked: Check) -> list[Any]:
    """Sentences, figures and tables of the checks."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
        for name, text in sentences(checked).items()
    )
    return [
        f"<table class='facts'>{rows}</table>",
        draw_recovery(checked),
        _injection_table(checked),
        draw_likeness(checked),
        "<p>Averaged twitches, by least squares from the recording itself: with the firings as "
        "found (blue), jittered by 20 ms (orange), and all shifted in time (grey); above each, the "
        "share of the variance that they explain.</p>",
        draw_perturbed(checked.units, checked.perturbed),
        _pairs_table(checked),
    ]


def draw_recovery(checked: Check) -> Any:
    """Recall of added units against their properties, and the scores at rest."""
    from matplotlib.figure import Figure

    rest = checked.rest
    count = len(_PROPERTIES) + (rest is not None)
    figure = Figure(figsize=(2.7 * count, 2.6), layout="constrained")
    panels = figure.subplots(1, count)
    for panel, (name, label) in zip(panels, _PROPERTIES.items(), strict=False):
        rows = checked.injection["by"][name]
        recall = np.array([row["recall"] for row in rows])
        at = np.arange(len(rows))
        panel.errorbar(
            at, recall[:, 0], np.maximum(np.abs(recall[:, 1:].T - recall[:, 0]), 0), fmt="o",
            color="#1f77b4", capsize=3,
        )  # fmt: skip
        panel.set(xticks=at, xlim=(-0.5, len(rows) - 0.5), ylim=(-0.02, 1.05), xlabel=label)
        panel.set_xticklabels([f"{_range(row)}\nn={row['units']}" for row in rows], fontsize=7)
    panels[0].set_ylabel("share of added units found")
    if rest is not None:
        edges = np.linspace(0, 1, 21)
        panels[-1].hist(checked.units.score, edges, color="#1f77b4", alpha=0.6, label="contraction")
        panels[-1].hist(rest.scores, edges, color="#d62728", alpha=0.6, label="rest")
        panels[-1].axvline(rest.needed, color="#444", lw=1, ls="--")
        panels[-1].set(xlabel="score", ylabel="units")
        panels[-1].legend(fontsize=7)
    return figure


def draw_likeness(checked: Check) -> Any:
    """The recording's place among those the model learned from, feature by feature."""
    from matplotlib.figure import Figure

    told = checked.likeness
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    names = [feature.name for feature in FEATURES]
    at = np.arange(len(names))
    places = np.array([told.percentiles[name] for name in names])
    colours = ["#d62728" if name in told.outside else "#1f77b4" for name in names]
    axes.axvspan(2.5, 97.5, color="#eee")
    axes.scatter(places, at, c=colours)
    axes.set(
        xlim=(-3, 103), ylim=(len(names) - 0.5, -0.5), yticks=at,
        yticklabels=[name.replace("_", " ") for name in names],
        xlabel=f"percentile among the model's training recordings (family {told.family})",
        title=f"distance {told.distance:.1f}, percentile {told.percentile:.3g}",
    )  # fmt: skip
    return figure


def _injection_table(checked: Check) -> str:
    head = "".join(f"<th>{_HEADS.get(name, name.replace('_', ' '))}</th>" for name in QUALITIES)
    lines = []
    for row in checked.injection["by"]["strength"]:
        cells = "".join(f"<td>{with_limits(row[name])}</td>" for name in QUALITIES)
        lines.append(
            f"<tr><td>{html.escape(_range(row))}</td><td>{row['units']}</td><td>{row['found']}</td>"
            f"<td>{with_limits(row['recall'])}</td>{cells}</tr>"
        )
    return (
        "<table><tr><th>strength</th><th>added</th><th>found</th><th>recall (95 %)</th>"
        f"{head}</tr>{''.join(lines)}</table>"
    )


def _pairs_table(checked: Check) -> str:
    told = checked.agreement
    rows = "".join(
        f"<tr><td>{pair.unit}</td><td>{pair.overlap:.2f}</td><td>{pair.rate_of_agreement:.2f}</td>"
        f"<td>{pair.by_chance:.2f}</td></tr>"
        for pair in told.pairs
    )
    alone = ", ".join(map(str, told.only_ours)) or "none"
    return (
        f"<p>Units that {html.escape(told.label)} found too; without a partner: "
        f"{alone}.</p><table><tr><th>unit</th><th>overlap</th><th>rate of agreement (20 ms)</th>"
        f"<th>by chance</th></tr>{rows}</table>"
    )


def _range(row: dict[str, Any]) -> str:
    low, high = row["low"], row["high"]
    if not low:
        return f"< {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g}-{high:g}"
