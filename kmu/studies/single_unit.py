"""The firing estimators on one unit alone, by rate, regularity and noise.

A check against published figures: for one simulated unit without mixing, convolutive separation
agreed with the true firings by 97.5 +- 2.7 % and the Haar wavelet by 96.9 +- 3.3 % (BioMed Eng
OnLine 2023, s12938-023-01076-0). ``python -m kmu.studies.single_unit`` prints our table.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.baselines.firing import firings_of_trains
from kmu.config.baselines import FiringSettings
from kmu.errors import exit_code
from kmu.evaluation.agreement import rate_of_agreement
from kmu.files import replacing
from kmu.progress import Progress
from kmu.simulation.twitch import shape_exponent, twitch

RATES = (8.0, 10.0, 12.0, 14.0)
VARIATIONS = (0.05, 0.10, 0.20, 0.40)
NOISES = (10.0, 20.0, 30.0)
ESTIMATORS = (
    FiringSettings(estimator="convolutive"),
    FiringSettings(estimator="haar"),
    FiringSettings(estimator="band_pass"),
)
_FRAME_RATE = 1000.0
_SHORTEST_INTERVAL = 0.03
Floats = NDArray[np.float64]


def single_train(
    rate: float, variation: float, snr: float, seconds: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The noisy velocity of one unit's fused twitches.

    Args:
        rate: mean firing rate, Hz.
        variation: coefficient of variation of the (normal) intervals, none under 30 ms.
        snr: power of the train over that of white noise, dB.
        seconds: length.
        rng: source of randomness.

    Returns:
        (T,) velocity at 1000 Hz, of no particular scale, and the firing times in s.
    """
    count = int(2 * seconds * rate) + 20
    intervals = np.maximum(rng.normal(1, variation, count) / rate, _SHORTEST_INTERVAL)
    firings = np.cumsum(intervals) - rng.uniform(0, 1 / rate)
    firings = firings[(firings >= 0) & (firings < seconds)]
    time = np.arange(round(seconds * _FRAME_RATE)) / _FRAME_RATE
    typical = rng.uniform(0.05, 0.09)
    displacement = np.zeros(len(time))
    for start in firings:
        contraction, ratio, height = (
            typical * rng.normal(1, 0.05),
            5 / 3 * rng.normal(1, 0.02),
            rng.normal(1, 0.05),
        )
        inside = slice(int(np.searchsorted(time, start)), None)
        relative = (time[inside] - start)[: round(0.5 * _FRAME_RATE)] / contraction
        first = inside.start
        displacement[first : first + len(relative)] += height * twitch(
            relative, shape_exponent(ratio)
        )
    velocity = np.gradient(displacement, 1 / _FRAME_RATE)
    noise = np.sqrt((velocity**2).mean() / 10 ** (snr / 10))
    return velocity + rng.normal(0, noise, len(velocity)), firings


def single_unit_grid(
    repeats: int = 2,
    seconds: float = 15.0,
    seed: int = 0,
    estimators: Sequence[FiringSettings] = ESTIMATORS,
) -> list[dict[str, Any]]:
    """Rate of agreement in every condition.

    Returns:
        One row a condition, repeat and estimator: ``estimator``, ``rate``, ``variation``,
        ``snr_db``, and RoA within +-10 and 20 ms, ``agreement_10ms``, ``agreement_20ms``.
    """
    conditions = list(itertools.product(RATES, VARIATIONS, NOISES, range(repeats)))
    rows = []
    with Progress("single unit", len(conditions), "trains") as progress:
        for number, (rate, variation, snr, _) in enumerate(conditions):
            train, true = single_train(
                rate, variation, snr, seconds, np.random.default_rng([seed, number])
            )
            for settings in estimators:
                found = firings_of_trains(train[None], _FRAME_RATE, settings)[0]
                close = rate_of_agreement(found, true, 0.010)
                rows.append(
                    {
                        "estimator": settings.estimator,
                        "rate": rate,
                        "variation": variation,
                        "snr_db": snr,
                        "agreement_10ms": close.rate,
                        "agreement_20ms": rate_of_agreement(found, true, 0.020).rate,
                    }
                )
            progress.advance()
    return rows


def grid_table(rows: list[dict[str, Any]], key: str = "agreement_10ms") -> list[list[str]]:
    """Mean +- standard deviation in percent, all conditions and by each of them.

    Returns:
        Heading and one row an estimator, as text.
    """
    columns: list[tuple[str, dict[str, float]]] = [("all", {}), ("CoV <= 20 %", {})]
    columns += [(f"{rate:g} Hz", {"rate": rate}) for rate in RATES]
    columns += [(f"CoV {100 * v:g} %", {"variation": v}) for v in VARIATIONS]
    columns += [(f"{snr:g} dB", {"snr_db": snr}) for snr in NOISES]
    table = [["estimator", *(title for title, _ in columns)]]
    for name in dict.fromkeys(row["estimator"] for row in rows):
        cells = [name]
        for title, wanted in columns:
            values = [
                100 * row[key]
                for row in rows
                if row["estimator"] == name
                and all(row[k] == v for k, v in wanted.items())
                and (title != "CoV <= 20 %" or row["variation"] <= 0.2)
            ]
            cells.append(f"{np.mean(values):.1f} ± {np.std(values):.1f}")
        table.append(cells)
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; writes every row as JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.single_unit", description=__doc__)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    rows = single_unit_grid(arguments.repeats)
    for line in grid_table(rows):
        print("  ".join(cell.rjust(12) for cell in line))
    if arguments.json:
        with replacing(arguments.json) as temporary:
            temporary.write_text(json.dumps(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
