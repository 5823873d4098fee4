"""What ``kmu/docs/evidence.md`` includes, from the result files of the studies.

``python -m kmu.studies.evidence_page`` renews it after ``kmu.studies.trust``, ``.recall``,
``.expected_f1``, ``.foretold`` or ``.rotating_disk``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from kmu.analysis.likeness import expected
from kmu.errors import exit_code
from kmu.files import replacing
from kmu.studies.included import include
from kmu.trust import estimate

DOCS = Path(__file__).resolve().parents[1] / "docs"


def parts() -> dict[str, str]:
    """Markdown by place."""
    told, disk = (_read(DOCS / "results" / f"{name}.json") for name in ("trust", "rotating_disk"))
    return {
        "trust": trust_table(told["conclusions"]),
        "measured": f"Model `{told['model']}`, {told['date']}, "
        f"{told['conclusions']['recordings']} recordings:",
        "foretold": foretold(_read(estimate.KEPT), _read(expected.KEPT)),
        "elsewhere": elsewhere(_read(DOCS / "results" / "foretold.json")),
        "disk": disk_sentence(disk["planes"]),
    }


def trust_table(told: dict[str, Any]) -> str:
    """What each check said of the stress recordings, and what was so."""
    added, recall, f1 = (told[n] for n in ("injected_recall", "estimated_recall", "expected_f1"))
    both, alone, rest = told["agreed"], told["not_agreed"], told["rest"]
    auc = told["auc"]
    rows = [
        ("recall of added units", "recall of the recording's own units", _recall(added)),
        (
            "recall estimated from them and the mean score",
            "the same",
            f"{_recall(recall)}; its interval held the truth in {recall['inside_interval']} of "
            f"{told['recordings']}",
        ),
        (
            f"F1 foretold by {f1.get('by', 'the mean score')}",
            "F1, over recordings",
            f"rank correlation {f1['spearman']:.2f}, mean difference {f1['mean_difference']:+.2f}, "
            f"mean absolute difference {f1['mean_absolute_difference']:.2f}",
        ),
        (
            "distance from the training recordings",
            "F1, over recordings",
            f"rank correlation {told['distance_with_f1']:.2f}; wanted was 0.7 in size",
        ),
        (
            "another method finds the unit too",
            "whether its territory is true",
            f"true: {both['true']} of {both['units']} units that it found too, {alone['true']} of "
            f"{alone['units']} that it did not",
        ),
        *(
            (name, "true by territory, by firings", f"AUC {_pair(auc, key)}")
            for name, key in (("firing evidence", "firing_evidence"), ("the score", "score"))
        ),
        (
            "a recording at rest as null",
            "false units of the contraction",
            f"at rest {rest['false_units']} units were found in {rest['recordings']} recordings, "
            "most of which share one recording at rest; "
            f"{rest['false_above']} of {rest['false_in_result']} false units lay above the "
            "threshold that rest gives",
        ),
    ]
    lines = ["| check | held against | outcome |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def foretold(recall: dict[str, Any], f1: dict[str, Any]) -> str:
    """How well recordings of the own simulator are foretold by the others."""
    added, scores = recall["left_out"], f1["left_out"]
    both, alone = scores["all_candidates"], scores["given_alone"]
    return (
        f"On {added['recordings']} recordings of kmu's own simulator, each foretold from the "
        f"others ({_made(recall)}): share of added units that is found, "
        f"{_recall(added['added_alone'])}; recall estimated, {_recall(added['recall'])}. On "
        f"{scores['recordings']} others ({_made(f1)}): F1 by the scores of all candidates, rank "
        f"correlation {both['rank_correlation']:.2f}, {_recall(both)}; by those of the units given "
        f"alone, {alone['rank_correlation']:.2f}, {_recall(alone)}; the mean score alone orders "
        f"them with {scores['mean_score']['rank_correlation']:.2f}."
    )


def _made(told: dict[str, Any]) -> str:
    note = f"; {told['note']}" if "note" in told else ""
    return f"`{told['command']}`, model `{told['model']}`{note}"


def elsewhere(told: dict[str, Any]) -> str:
    """How scores and what they foretell fare on many recordings of the stress suite."""
    lines = [
        "| over | F1 foretold by the scores | mean score alone | distance from the training |",
        "|---|---|---|---|",
    ]
    for name, key in (("recordings", "by_recording"), ("families' means", "by_family")):
        of = told[key]
        lines.append(
            f"| {name} | rank correlation {of['foretold']:.2f}, mean difference "
            f"{of['mean_difference']:+.2f}, mean absolute difference "
            f"{of['mean_absolute_difference']:.2f} | {of['mean_score']:.2f} | "
            f"{of['distance']:.2f} |"
        )
    return (
        f"Model `{told['model']}`, {told['date']}, {told['recordings']} recordings of "
        f"{len(told['families'])} families: expected calibration error of the {told['units']} "
        f"units' scores **{told['expected_calibration_error']:.3f}**; with the F1 reached\n\n"
        + "\n".join(lines)
    )


def disk_sentence(planes: dict[str, Any]) -> str:
    """The plane that fits each estimator's velocity."""
    return "; ".join(
        f"{name.capitalize()} {plane['across']:.1f} mm/s per mm across, {plane['in_depth']:.1f} in "
        f"depth, residual {100 * plane['residual_share']:.1f} % of the largest velocity"
        for name, plane in planes.items()
    )


def _recall(told: dict[str, float]) -> str:
    correlation = told.get("correlation", told.get("pearson", float("nan")))
    return (
        f"correlation {correlation:.2f}, mean difference {told['mean_difference']:+.2f}, mean "
        f"absolute difference {told['mean_absolute_difference']:.2f}"
    )


def _pair(auc: dict[str, dict[str, float | None]], name: str) -> str:
    values = (auc[kind][name] for kind in ("true", "true_by_firings"))
    return ", ".join("-" if value is None else f"{value:.2f}" for value in values)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> int:
    """Renews the page."""
    page = DOCS / "evidence.md"
    text = include(page.read_text(encoding="utf-8"), parts())
    with replacing(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
