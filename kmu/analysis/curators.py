"""Two people's edit lists of one result side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kmu.analysis.edits import Edit
from kmu.errors import InputError

# What is not decided stays in the result as it is.
KEPT = "kept"
_CATEGORY = {"accept": KEPT, "reject": "rejected", "merge": "merged", "split": "split"}


@dataclass(frozen=True)
class Comparison:
    """How far two curators agree.

    Attributes:
        count: units compared.
        same: of how many both made the same of it: kept, rejected, merged or split.
        kappa: Cohen's kappa of these categories, which takes off agreement by chance; NaN where
            both put all units into one category.
        differences: unit, counted from 1, and what either made of it, where that is not the same;
            two merges with different partners differ, too.
    """

    count: int
    same: int
    kappa: float
    differences: tuple[tuple[int, str, str], ...]


def compare_edits(one: Sequence[Edit], other: Sequence[Edit], count: int) -> Comparison:
    """Compares two edit lists of a result of ``count`` units.

    Source: Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 20:37, 1960.

    Raises:
        InputError: if a list names a unit that is not there, or decides about one twice.
    """
    first, second = _decisions(one, count), _decisions(other, count)
    plain = [tuple(text.split(" ")[0] for text in texts) for texts in (first, second)]
    return Comparison(
        count=count,
        same=sum(a == b for a, b in zip(*plain, strict=True)),
        kappa=_kappa(*plain),
        differences=tuple(
            (k, a, b) for k, (a, b) in enumerate(zip(first, second, strict=True), 1) if a != b
        ),
    )


def _kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement beyond chance, 1 for none but the same; NaN where all is in one category."""
    used = set(first) | set(second)
    if len(used) < 2:
        return float("nan")
    same = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    by_chance = sum(first.count(name) * second.count(name) for name in used) / len(first) ** 2
    return (same - by_chance) / (1 - by_chance)


def most_named(edits: Sequence[Edit]) -> int:
    """The largest number of a unit in an edit list, 0 if there is none."""
    named = [unit for edit in edits for unit in _named(edit)]
    return max((unit for unit in named if isinstance(unit, int)), default=0)


def _decisions(edits: Sequence[Edit], count: int) -> list[str]:
    made: dict[int, str] = {}
    for number, edit in enumerate(edits, 1):
        category = _CATEGORY.get(edit.get("action", ""))
        if category is None:
            continue
        named = _named(edit)
        for unit in named:
            if unit not in range(1, count + 1):
                raise InputError(f"edit {number}: there is no unit {unit!r} of {count}")
            if unit in made:
                raise InputError(f"edit {number} decides about unit {unit} a second time")
            partners = [str(partner) for partner in sorted(named) if partner != unit]
            made[unit] = f"{category} with {', '.join(partners)}" if partners else category
    return [made.get(unit, KEPT) for unit in range(1, count + 1)]


def _named(edit: Edit) -> list[Any]:
    named: Any = edit.get("units") if edit.get("action") == "merge" else [edit.get("unit")]
    return named if isinstance(named, list) else [named]
