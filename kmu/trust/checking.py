"""``kmu.check``: all checks of a result on its own recording."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu._version import __version__
from kmu.analysis.identifying import AnyRecording, opened
from kmu.analysis.likeness import Likeness, compare, measure_features, training_family
from kmu.analysis.provenance import model_name
from kmu.analysis.quality import measure_quality, overall
from kmu.analysis.quality.measuring import perturb_units
from kmu.analysis.quality.perturbation import Perturbed
from kmu.identification.coarse import Coarse
from kmu.identification.finding import find_model, model_rate
from kmu.identification.model_hash import model_hash
from kmu.identification.pipeline import BLOCK_SECONDS, at_rate, coarse_copy, identify_coarse
from kmu.identification.preparation import prepared
from kmu.identification.resample import FrameSource, RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress, silent
from kmu.recording import Recording
from kmu.trust.agreement import Agreement, agree
from kmu.trust.given import check_fit, check_same_file, named_model, preparation_of
from kmu.trust.injection import WithUnits, inject, templates
from kmu.trust.recovery import Pass, recovered, summary
from kmu.trust.rest import Rest, check_rest, rest_as_null

STRENGTHS = (0.3, 2.0)
"""Range of added units relative to the found ones they are drawn like: weaker ones were missed."""
# So many seconds of recording are identified again, in so many passes: short recordings get more,
# since one pass adds few units.
_IDENTIFIED_S, _FEWEST_PASSES, _MOST_PASSES = 60.0, 3, 10
# Units added at a time: a share of those found, so that the recording hardly becomes denser.
_SHARE, _FEWEST, _MOST = 1 / 3, 3, 12


@dataclass(frozen=True, eq=False)
class Check:
    """What the checks of one result say.

    Attributes:
        units: the result, at the recording's own rate.
        power: (Z, X) root mean square of the velocity, mm/s.
        quality: columns (K,) of the measures of quality, and ``quality``, the overall grade.
        injection: see :func:`kmu.trust.recovery.summary`.
        agreement: with another method.
        perturbed: averaged twitches with the firings moved.
        likeness: to what the model learned from.
        rest: what was found at rest; None if no such recording was given.
        model: name and version.
        thresholds: of score and firing, as the result was made with.
        warnings: sentences.
    """

    units: MotorUnits
    power: NDArray[np.float32]
    quality: dict[str, NDArray[np.float64]]
    injection: dict[str, Any]
    agreement: Agreement
    perturbed: Perturbed
    likeness: Likeness
    rest: Rest | None
    model: str
    thresholds: dict[str, float]
    warnings: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        explained = self.perturbed.explained
        return {
            "kmu": __version__,
            "model": self.model,
            "thresholds": self.thresholds,
            "units": len(self.units),
            "rest": self.rest.summary() if self.rest else None,
            "injection": self.injection,
            "agreement": self.agreement.summary(),
            "perturbation": {
                str(unit): [None if np.isnan(v) else float(v) for v in row]
                for unit, row in zip(self.units.ids, explained, strict=True)
            },
            "likeness": self.likeness.summary(),
            "warnings": list(self.warnings),
        }


def check(
    recording: AnyRecording,
    result: MotorUnits | str | os.PathLike[str],
    *,
    rest: AnyRecording | None = None,
    model: str | os.PathLike[str] | ServedModel | None = None,
    seed: int = 0,
    **reading: Any,
) -> Check:
    """Checks a result on the recording that it came from, without knowing the true units.

    Example:
        >>> found = kmu.identify("trial.mat", axes="zxt")
        >>> checked = kmu.check("trial.mat", found, rest="rest.mat", axes="zxt")
        >>> recall, low, high = checked.injection["recall"]

    Args:
        recording: as for ``kmu.identify``.
        result: the units found in it, or their file. Thresholds, blocks and preparation are taken
            from how it was made.
        rest: a recording of the relaxed muscle by the same scanner, if there is one.
        model: as for ``kmu.identify``; by default the one that the result names.
        seed: of the added units and moved firings.
        **reading: what files do not say of themselves, as for ``kmu.identify``; both recordings
            are read alike.

    Raises:
        InputError: if the result is of another recording or holds no unit, the recording is
            shorter than a second, or the one at rest was made otherwise.
    """
    units = result if isinstance(result, MotorUnits) else MotorUnits.load(result)
    source = _frames(opened(recording, **reading))
    check_fit(units, source)
    check_same_file(units.provenance, source)
    relaxed = None if rest is None else _frames(opened(rest, **reading))
    if relaxed is not None:
        check_rest(relaxed, source)
    made = units.provenance
    path = model.path if isinstance(model, ServedModel) else find_model(model or named_model(made))
    served = model if isinstance(model, ServedModel) else load_model(path)
    thresholds = {**served.thresholds, **made.get("thresholds", {})}
    options = made.get("options", {})
    seconds = float(options.get("block_seconds", BLOCK_SECONDS))
    preparation = preparation_of(options)

    coarse = prepared(coarse_copy(source, model_rate(path)), preparation)
    found = at_rate(units, coarse.frame_rate, coarse.shape[0])
    templates(found)  # Fails before anything slow is done.
    rng = np.random.default_rng(seed)
    quality = measure_quality(found, coarse)
    null = None
    if relaxed is not None:
        still = prepared(coarse_copy(relaxed, model_rate(path)), preparation)
        null = rest_as_null(still, found, served, thresholds, seconds)
    added = added_units(coarse, found, source.frame_rate, served, thresholds, rng, seconds)
    features = measure_features(coarse, len(found))
    not_given = made.get("not_given")
    likeness = compare(features, training_family(path), found.score, not_given)
    return Check(
        units=units,
        power=coarse.power,
        quality={"quality": overall(quality), **quality},
        injection=summary(added, found, coarse.power, rng),
        agreement=agree(coarse, found),
        perturbed=perturb_units(found, coarse),
        likeness=likeness,
        rest=null,
        model=model_name(path),
        thresholds=thresholds,
        warnings=tuple(_warnings(made, path, likeness, coarse)),
    )


def added_units(
    coarse: Coarse,
    found: MotorUnits,
    own_rate: float,
    served: ServedModel,
    thresholds: dict[str, float],
    rng: np.random.Generator,
    block_seconds: float = BLOCK_SECONDS,
) -> list[Pass]:
    """Identifies the recording again and again, each time with other units added.

    Args:
        coarse: at the model's rate.
        found: in it, at that rate.
        own_rate: of the recording as it came, Hz.
        served: the model.
        thresholds: of score and firing.
        rng: of the added units.
        block_seconds: as for ``kmu.identify``.
    """
    duration = coarse.shape[0] / coarse.frame_rate
    rounds = int(np.clip(round(_IDENTIFIED_S / duration), _FEWEST_PASSES, _MOST_PASSES))
    count = int(np.clip(round(_SHARE * len(found)), _FEWEST, _MOST))
    passes = []
    with Progress("adding units", rounds, "passes") as progress:
        for _ in range(rounds):
            injected = inject(found, coarse.inside, own_rate, count, STRENGTHS, rng)
            with silent():
                again = identify_coarse(
                    WithUnits(coarse, injected),
                    served,
                    thresholds["score"],
                    thresholds["firing"],
                    block_seconds,
                )
            passes.append(recovered(again, found, injected, coarse.power))
            progress.advance()
    return passes


def _frames(recording: Recording | FrameSource) -> FrameSource:
    return RecordingFrames(recording) if isinstance(recording, Recording) else recording


def _warnings(made: Any, path: Path, likeness: Likeness, coarse: Coarse) -> list[str]:
    said = list(coarse.warnings)
    then = made.get("model", {}).get("sha256")
    if then and then != model_hash(path):
        said.append(
            f"the result was made with another model ({made['model']['name']}) than it is checked "
            f"with ({model_name(path)})"
        )
    return [*said, likeness.sentence] if likeness.sentence else said
