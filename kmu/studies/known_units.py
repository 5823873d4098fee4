"""Units of an earlier recording in the next one, beside identifying the next one anew.

``python -m kmu.studies.known_units --series DIR --out kmu/docs/results/known_units.json`` takes the
test series that ``kmu.studies.series`` made. The units found in the first recording of each are
looked for in the other two. What a known unit is, says the truth of the first recording: its trains
and firings are held against those of the same true unit in the new one.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.provenance import model_name
from kmu.errors import exit_code
from kmu.evaluation.firing_scores import score_firings
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import likeness
from kmu.files import replacing
from kmu.identification.pipeline import at_rate, coarse_copy
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.simulation.threads import single_thread
from kmu.studies.included import include
from kmu.studies.run_facts import run_facts
from kmu.studies.series import FAMILIES, Series
from kmu.studies.tracking import TEST
from kmu.tracking.known import KnownUnits, apply_known
from kmu.tracking.seen import load_seen

MEASURES = ("train_correlation", "firing_precision", "firing_recall")
_RESAMPLES = 2000


@dataclass
class Applied:
    """Known units of one earlier recording in one next recording.

    Attributes:
        family: of the recordings.
        firing: true units that were found earlier and fire in the next recording.
        anew: of them, found by identifying it anew.
        active: of them, said to be active.
        said_active: known units that are said to be active.
        rightly: of them, those that are the true unit that fires there and was found there.
        compared: for each true unit that both give, the measures (known, anew) x ``MEASURES``.
    """

    family: str
    firing: int = 0
    anew: int = 0
    active: int = 0
    said_active: int = 0
    rightly: int = 0
    compared: list[NDArray[np.float64]] = field(default_factory=list)


def applied(
    family: str,
    names: dict[int, int],
    known: KnownUnits,
    found: MotorUnits,
    truth: MotorUnits,
) -> Applied:
    """Holds both results of a recording against its truth.

    Args:
        family: of the recording.
        names: id of the true unit that a known unit is, by the known unit's id; false ones lack.
        known: the known units there.
        found: what was found there anew.
        truth: of the recording; all three at its rate.
    """
    matching = match_units(found, truth)
    there = dict(zip(matching.truth, matching.found, strict=True))
    place = {int(unit): k for k, unit in enumerate(truth.ids)}
    result = Applied(family)
    for row in np.flatnonzero(known.known):
        active = known.active[row] == 1
        result.said_active += int(active)
        true = place.get(names.get(int(known.units.ids[row]), -1))
        if true is None or not len(truth.firings[true]):
            continue
        result.firing += 1
        result.anew += true in there
        result.active += int(active)
        if active and true in there:
            result.rightly += 1
            pairs = ((known.units, int(row)), (found, int(there[true])))
            result.compared.append(
                np.array([_measured(units, k, truth, true) for units, k in pairs])
            )
    return result


def _measured(units: MotorUnits, row: int, truth: MotorUnits, true: int) -> tuple[float, ...]:
    """The ``MEASURES`` of one unit."""
    fired = score_firings(units.firings[row], truth.firings[true])
    correlation = likeness(units.twitch_train[row], truth.twitch_train[true])
    return float(correlation), fired.precision, fired.recall


def measured(series: Series, served: ServedModel) -> list[Applied]:
    """Simulates a series again and applies the units found in its first recording to the others."""
    earlier, names, rows = None, {}, []
    for number, (recording, truth) in enumerate(series.recordings()):
        seen = load_seen(series.path(number, "units"))
        found = _alike(seen.units, recording)
        if earlier is None:
            matching = match_units(found, truth)
            pairs = zip(matching.found, matching.truth, strict=True)
            names = {int(found.ids[f]): int(truth.ids[t]) for f, t in pairs}
            earlier = seen
            continue
        coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
        known = apply_known(coarse, served, earlier, seen.units, served.thresholds["firing"])
        known = replace(known, units=_alike(known.units, recording))
        rows.append(applied(series.family, names, known, found, truth))
    return rows


def _alike(units: MotorUnits, recording: Recording) -> MotorUnits:
    """The units at the recording's rate."""
    return at_rate(units, recording.frame_rate, len(recording.velocity))


def summary(rows: Sequence[Applied]) -> dict[str, Any]:
    """Counts, and for each measure the means and their difference with its 95 % interval.

    The interval is by resampling recordings.
    """
    counts = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("firing", "anew", "active", "said_active", "rightly")
    }
    sums = np.array([np.sum(row.compared, axis=0) for row in rows if row.compared])
    many = np.array([len(row.compared) for row in rows if row.compared])
    if not len(sums):
        return {"recordings": len(rows), **counts}
    weight = np.random.default_rng(0).multinomial(
        len(many), np.full(len(many), 1 / len(many)), _RESAMPLES
    )
    mean = sums.sum(0) / many.sum()
    drawn = np.einsum("rn,nmk->rmk", weight, sums) / (weight @ many)[:, None, None]
    low, high = np.quantile(drawn[:, 0] - drawn[:, 1], (0.025, 0.975), axis=0)
    return {
        "recordings": len(rows),
        **counts,
        "measures": {
            name: {
                "known": round(float(mean[0, k]), 4),
                "anew": round(float(mean[1, k]), 4),
                "difference": round(float(mean[0, k] - mean[1, k]), 4),
                "interval": [round(float(low[k]), 4), round(float(high[k]), 4)],
            }
            for k, name in enumerate(MEASURES)
        },
    }


def table(result: dict[str, Any]) -> str:
    """What stands on the page of tracking, from the JSON of the results."""
    told = result["all"]
    lines = [
        f"{result['series']}, {told['recordings']} applications, model {result['model']}. Of "
        f"{told['firing']} units that were known and fire in the new recording {told['anew']} are "
        f"found there anew and {told['active']} said to be active; of {told['said_active']} that "
        f"are said to be active {told['rightly']} are the unit that fires. Means over these "
        f"{told['rightly']} units, by `{result['command']}`, {result['date']}.",
        "",
        "| | known units | identified anew | difference | its 95 % interval |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, row in told["measures"].items():
        low, high = row["interval"]
        lines.append(
            f"| {name.replace('_', ' ')} | {row['known']:.3f} | {row['anew']:.3f} | "
            f"{row['difference']:+.3f} | {low:+.3f} to {high:+.3f} |"
        )
    return "\n".join(lines)


def draw(rows: Sequence[Applied], path: Path) -> None:
    """Draws each unit's measures with known units against those anew into a PNG file."""
    from matplotlib.figure import Figure

    values = np.concatenate([np.array(row.compared) for row in rows if row.compared])
    figure = Figure(figsize=(9, 3.2), dpi=90, layout="constrained")
    for k, (axes, name) in enumerate(zip(figure.subplots(1, 3), MEASURES, strict=True)):
        low = min(float(values[:, :, k].min()), 0.9)
        axes.plot([low, 1], [low, 1], color="0.6", linewidth=1)
        axes.plot(values[:, 1, k], values[:, 0, k], ".", markersize=4, alpha=0.5)
        axes.set(title=name.replace("_", " "), xlabel="identified anew", ylabel="known units")
        axes.set_aspect("equal")
    with replacing(path) as temporary:
        figure.savefig(temporary)


def main(argv: Sequence[str] | None = None) -> int:
    """Simulates, compares, writes JSON."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.known_units", description=__doc__)
    parser.add_argument("--series", type=Path, required=True, help="folder of kmu.studies.series")
    parser.add_argument("--first", type=int, default=TEST, help="seed of the first series")
    parser.add_argument("--count", type=int, default=50, help="series")
    parser.add_argument("--out", type=Path, required=True, help="JSON of the results")
    parser.add_argument("--figure", type=Path, help="PNG of all units, known against anew")
    parser.add_argument("--page", type=Path, help="Markdown whose place `known` is filled anew")
    arguments = parser.parse_args(argv)
    served, rows = load_model(), []
    seeds = range(arguments.first, arguments.first + arguments.count)
    with Progress("applying", len(seeds), "series") as progress, single_thread():
        for seed in seeds:
            rows += measured(Series(arguments.series, seed), served)
            progress.advance()
    result = {
        **run_facts("python -m kmu.studies.known_units"),
        "model": model_name(served.path),
        "series": f"{len(seeds)} of 3 recordings, seeds {seeds[0]} to {seeds[-1]}",
        "all": summary(rows),
        "families": {
            family: summary([row for row in rows if row.family == family]) for family in FAMILIES
        },
    }
    with replacing(arguments.out) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    if arguments.page:
        page = include(arguments.page.read_text(), {"known": table(result)})
        arguments.page.write_text(page)
    if arguments.figure:
        draw(rows, arguments.figure)
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
