"""Units of pairs: one-to-one over all recordings.

Each two recordings are assigned one-to-one (Hungarian algorithm, largest sum of log odds). Pairs
are then joined to tracked units, the likeliest first; two groups that show the same recording, or
whose pairs taken together are more likely different units than the same, stay apart.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from kmu.tracking.likeness import Floats

# Beyond this a pair's word is taken as final, but not as infinite: others may still overrule it.
_MOST = 12.0


def assigned(log_odds: Floats, least: float) -> list[tuple[int, int]]:
    """One-to-one pairs (row, column) of at least ``least`` log odds, with the largest sum."""
    if not log_odds.size:
        return []
    gain = np.clip(log_odds - least, 0.0, 2 * _MOST)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if log_odds[r, c] >= least]


def join(
    counts: list[int], log_odds: Mapping[tuple[int, int], Floats], least: float
) -> NDArray[np.int64]:
    """Groups the units of R recordings.

    Args:
        counts: units of each recording.
        log_odds: for each pair of recordings (i, j), i < j, log odds (counts[i], counts[j]) that
            two units are the same.
        least: log odds that a pair needs.

    Returns:
        (U, R) index of the unit in each recording, -1 where there is none. Every unit of every
        recording is in one row. Rows with most recordings come first, in the order of their units.
    """
    group: dict[tuple[int, int], dict[int, int]] = {
        (i, k): {i: k} for i, count in enumerate(counts) for k in range(count)
    }

    def between(one: dict[int, int], other: dict[int, int]) -> float:
        pairs = [
            log_odds[i, j][k, m] if i < j else log_odds[j, i][m, k]
            for i, k in one.items()
            for j, m in other.items()
        ]
        return float(np.mean(np.clip(pairs, -_MOST, _MOST)))

    links = [
        (float(odds[k, m]), (i, k), (j, m))
        for (i, j), odds in log_odds.items()
        for k, m in assigned(odds, least)
    ]
    for _, one, other in sorted(links, key=lambda link: (-link[0], link[1:])):
        mine, its = group[one], group[other]
        if mine is its or set(mine) & set(its) or between(mine, its) < least:
            continue
        joined = {**mine, **its}
        for place in joined.items():
            group[place] = joined
    rows = {id(members): members for members in group.values()}.values()
    table = np.full((len(rows), len(counts)), -1, np.int64)
    for row, members in zip(table, rows, strict=True):
        for recording, unit in members.items():
            row[recording] = unit
    beyond = max(counts, default=0)
    keys = np.where(table < 0, beyond, table)
    order = np.lexsort([*keys.T[::-1], -(table >= 0).sum(1)])
    return table[order]
