"""Settings of the baselines, chosen on validation recordings as our own thresholds are.

``python -m kmu.evaluation.tune`` writes them to ``kmu/baselines/<method>.json``, where the
benchmark reads them, and what they reached to ``kmu/baselines/tuning.json``.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmu.baselines import BASELINES, Baseline, spatial_ica
from kmu.baselines.firing import firings_of_trains
from kmu.baselines.registry import KURTOSES
from kmu.config.baselines import FiringSettings, MethodSettings, SpatialIcaSettings
from kmu.config.benchmark import TuningConfig
from kmu.errors import exit_code
from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.families import family
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import detection
from kmu.evaluation.search import FIRINGS, draw, with_value
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.progress import Progress, say
from kmu.recording import Recording

Example = tuple[Recording, MotorUnits]
_FOLDER = Path(__file__).resolve().parents[1] / "baselines"


def tune_kurtosis(
    recordings: Iterable[Example],
    settings: SpatialIcaSettings | None = None,
    thresholds: Sequence[float] = KURTOSES,
) -> SpatialIcaSettings:
    """The settings with the kurtosis threshold of the best F1 on validation recordings.

    The separation runs once a recording; only the screening is repeated. It is the same as
    running :func:`kmu.baselines.spatial_ica` with every threshold, since a component that fails
    it never displaces a better one.

    Args:
        recordings: validation recordings with their truth.
        settings: everything but the threshold; the defaults if left out.
        thresholds: what to try.
    """
    settings = settings or SpatialIcaSettings()
    lowest = settings.replace(kurtosis=float(min(thresholds)))
    counts = np.sum(
        [
            screened_counts(spatial_ica(recording, lowest), truth, thresholds)
            for recording, truth in recordings
        ],
        axis=0,
    )
    quality = [detection(*row)[2] for row in np.reshape(counts, (-1, 3)).astype(int)]
    return settings.replace(kurtosis=float(thresholds[int(np.argmax(quality))]))


def screened_counts(
    found: MotorUnits, truth: MotorUnits, thresholds: Sequence[float]
) -> np.ndarray:
    """(V, 3) matched, found and true units when only scores >= v / (1 + v) are kept."""
    rows = []
    for value in thresholds:
        # The score of a unit is q / (1 + q) of its quality q.
        kept = found.select(found.score >= np.float32(value / (1 + value)))
        rows.append([len(match_units(kept, truth).found), len(kept), len(truth)])
    return np.array(rows).reshape(-1, 3)


def tune(
    baseline: Baseline, examples: dict[str, list[Example]], config: TuningConfig
) -> tuple[MethodSettings, dict[str, float]]:
    """The best settings of one baseline, by the mean over families of the F1 of their units.

    ``trials`` settings are drawn at random around the untuned ones and tried on every second
    recording; the best third and the untuned ones are tried on all. The value a method
    screens its units by is the best for each of them. Then, for the winner, the firing estimator
    of the largest mean RoA (+-10 ms) of the matched units is chosen.

    Args:
        baseline: the method.
        examples: validation recordings with truth, by family.
        config: the budget.

    Returns:
        The settings, and ``f1`` and ``rate_of_agreement`` on these recordings with them and
        (``_untuned``) with the method's own.
    """
    rng = np.random.default_rng(config.seed)
    candidates = [draw(baseline.settings, baseline.space, rng) for _ in range(config.trials)]
    half = {name: list(rows[::2]) for name, rows in examples.items()}
    final = max(len(candidates) // 3, 1)
    with Progress(f"tuning {baseline.name}", len(candidates) + final + 1, "settings") as progress:
        first = []
        for settings in candidates:
            first.append(_quality(baseline, settings, half)[0])
            progress.advance(note=f"best F1 {max(first):.3f}")
        order = np.argsort(-np.array(first), kind="stable")[:final]
        last = []
        for settings in [baseline.settings, *(candidates[k] for k in order)]:
            last.append(_quality(baseline, settings, examples))
            progress.advance(note=f"best F1 {max(last, key=lambda r: r[0])[0]:.3f}")
    f1, best = max(last, key=lambda row: row[0])
    untuned, _ = _counts(baseline, baseline.settings, examples, None)
    report = {"f1": f1, "f1_untuned": _mean_f1(untuned)}
    if not baseline.oracle:
        best, agreement, before = _tune_firing(baseline, best, examples)
        report |= {"rate_of_agreement": agreement, "rate_of_agreement_untuned": before}
    return best, {key: round(value, 4) for key, value in report.items()}


def _quality(
    baseline: Baseline, settings: MethodSettings, examples: dict[str, list[Example]]
) -> tuple[float, MethodSettings]:
    """Mean F1 over families, and the settings with the best screening value."""
    if baseline.screen is None:
        return _mean_f1(_counts(baseline, settings, examples, None)[0]), settings
    name, values = baseline.screen
    lowest = with_value(settings, name, float(min(values)))
    _, counts = _counts(baseline, lowest, examples, values)
    by_value = [_mean_f1({f: rows[k] for f, rows in counts.items()}) for k in range(len(values))]
    best = int(np.argmax(by_value))
    return by_value[best], with_value(settings, name, float(values[best]))


def _counts(
    baseline: Baseline,
    settings: MethodSettings,
    examples: dict[str, list[Example]],
    values: Sequence[float] | None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Matched, found and true units by family: of everything found, and by screening value."""
    plain, screened = {}, {}
    for name, rows in examples.items():
        all_units, by_value = np.zeros(3, int), np.zeros((len(values or ()), 3), int)
        for recording, truth in rows:
            found = baseline.run(recording, settings, truth)
            all_units += screened_counts(found, truth, (0.0,))[0]
            if values:
                by_value += screened_counts(found, truth, values)
        plain[name], screened[name] = all_units, by_value
    return plain, screened


def _mean_f1(counts: dict[str, np.ndarray]) -> float:
    return float(np.mean([detection(*map(int, row))[2] for row in counts.values()]))


def _tune_firing(
    baseline: Baseline, settings: MethodSettings, examples: dict[str, list[Example]]
) -> tuple[MethodSettings, float, float]:
    """The settings with the best firing estimator, its RoA, and that of the estimator before.

    Convolutive separation brings firings of its own, which count as the estimator before.
    """
    matched = []
    for recording, truth in (example for rows in examples.values() for example in rows):
        found = baseline.run(recording, settings, truth)
        pairs = match_units(found, truth)
        matched += [
            (found.twitch_train[i], found.firings[i], truth.firings[j], recording.frame_rate)
            for i, j in zip(pairs.found, pairs.truth, strict=True)
        ]
    if not matched:
        return settings, 0.0, 0.0
    before = float(np.mean([rate_of_agreement(own, true).rate for _, own, true, _ in matched]))

    def agreement(firing: FiringSettings) -> float:
        return float(
            np.mean(
                [
                    rate_of_agreement(firings_of_trains(train[None], rate, firing)[0], true).rate
                    for train, _, true, rate in matched
                ]
            )
        )

    tried = FIRINGS
    if baseline.name == "convolutive":
        # Its "convolutive" firings are those of its sources, not of the trains.
        tried = tuple(firing for firing in FIRINGS if firing.estimator != "convolutive")
    with Progress(f"firings of {baseline.name}", len(tried), "settings") as progress:
        rates = []
        for firing in tried:
            rates.append(agreement(firing))
            progress.advance()
    best = int(np.argmax(rates))
    if rates[best] <= before:
        return settings, before, before
    return settings.replace(firing=tried[best]), rates[best], before


def main(argv: Sequence[str] | None = None) -> int:
    """Tunes the baselines named, or all, and writes their settings."""
    parser = argparse.ArgumentParser(prog="python -m kmu.evaluation.tune", description=__doc__)
    parser.add_argument("methods", nargs="*", help="names; all if left out")
    parser.add_argument("--trials", type=int, default=TuningConfig().trials)
    parser.add_argument("--count", type=int, default=TuningConfig().count)
    parser.add_argument("--families", default=",".join(TuningConfig().families))
    parser.add_argument("--out", type=Path, default=_FOLDER, help="folder of the settings")
    arguments = parser.parse_args(argv)
    config = TuningConfig(
        trials=arguments.trials,
        count=arguments.count,
        families=tuple(arguments.families.split(",")),
    )
    chosen = arguments.methods or list(BASELINES)
    examples: dict[str, list[Example]] = {}
    for name in config.families:
        made = family(name, config.count, config.first_seed)
        examples[name] = [made.load(index) for index in range(made.count)]
        say(f"{made.count} validation recordings of {name}")
    record_path = arguments.out / "tuning.json"
    for name in chosen:
        settings, report = tune(BASELINES[name], examples, config)
        with replacing(arguments.out / f"{name}.json") as temporary:
            temporary.write_text(settings.to_json())
        record: dict[str, Any] = (
            json.loads(record_path.read_text()) if record_path.is_file() else {}
        )
        record["budget"] = config.to_dict()
        record.setdefault("reached", {})[name] = report
        with replacing(record_path) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n")
        say(f"{name}: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
