"""Everything that one command gives for one recording, in Python."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.clock import Clock, fit_clock
from kmu.analysis.emg import EmgPair, agreement_rates, emg_territories, match_emg
from kmu.analysis.likeness import compare, measure_features, training_family
from kmu.analysis.physiology import measure
from kmu.analysis.provenance import file_hash, provenance
from kmu.analysis.quality import flags, keep_best, measure_quality, overall
from kmu.identification.coarse import Coarse
from kmu.identification.finding import find_model, model_rate
from kmu.identification.pipeline import BLOCK_SECONDS, at_rate, coarse_copy, identify_coarse
from kmu.identification.preparation import Preparation, prepared
from kmu.identification.resample import FrameSource
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.reading.source import RecordingSource

Finder = Callable[[Coarse, ServedModel, float | None, float | None, float], MotorUnits]


@dataclass(frozen=True, eq=False)
class Analysis:
    """A result and what is known about it.

    Attributes:
        units: at the recording's own rate.
        power: (Z, X) root mean square of the velocity (prepared, if it was), mm/s.
        quality: columns (K,) of ``kmu.analysis.quality.METRICS``
            and ``quality``, the overall grade.
        flags: for each unit the metrics in which it is doubtful.
        measures: columns (K,) of ``kmu.analysis.physiology.MEASURES``.
        dropped: units below the least quality asked for.
        emg: pairs with EMG units, None without EMG.
        emg_units: how many EMG units there were.
        emg_territory: (E, Z, X) territories of the EMG units by spike-triggered averaging.
        emg_rates: two (K, E), rates of agreement of all pairs, and with our firings shifted.
        emg_clock: of the EMG, if it was fitted.
        coarse: the recording as it was looked at, prepared and at the model's rate.
        magnitude: (Z, X) mean amplitude of the echo; None if the recording has only velocity.
    """

    units: MotorUnits
    power: NDArray[np.float32]
    quality: dict[str, NDArray[np.float64]]
    flags: list[list[str]]
    measures: dict[str, NDArray[np.float64]]
    dropped: int = 0
    emg: list[EmgPair] | None = None
    emg_units: int = 0
    emg_territory: NDArray[np.float32] | None = None
    emg_rates: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    emg_clock: Clock | None = None
    coarse: FrameSource | None = None
    magnitude: NDArray[np.float32] | None = None

    @property
    def images(self) -> dict[str, NDArray[np.float32]]:
        """``power`` and, where there is an echo, ``magnitude``: what is kept beside the units."""
        if self.magnitude is None:
            return {"power": self.power}
        return {"power": self.power, "magnitude": self.magnitude}

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """Quality and measures together, and the EMG unit of each unit (from 1; NaN if none)."""
        table = {**self.quality, **self.measures}
        if self.emg is not None:
            table["emg_unit"] = np.full(len(self.units), np.nan)
            table["emg_rate_of_agreement"] = np.full(len(self.units), np.nan)
            for pair in self.emg:
                table["emg_unit"][pair.unit] = pair.emg_unit + 1
                table["emg_rate_of_agreement"][pair.unit] = pair.rate_of_agreement
        return table


def analyse_source(
    source: FrameSource,
    model: str | os.PathLike[str] | ServedModel | None = None,
    *,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
    block_seconds: float = BLOCK_SECONDS,
    preparation: Preparation | None = None,
    least_quality: float = 0.0,
    emg_firings: Sequence[NDArray[np.float64]] | None = None,
    emg_warnings: Sequence[str] = (),
    emg_made: Mapping[str, Any] | None = None,
    emg_clock_fit: bool = False,
    one_recording: bool = False,
    find: Finder | None = None,
) -> Analysis:
    """Identifies the motor units of a recording and measures all there is to measure.

    Args:
        source: from ``kmu.reading.open_recording``, or
            ``kmu.identification.resample.RecordingFrames(recording)``.
        model: as for ``kmu.identify``.
        score_threshold: keep units of at least this score, 0 to 1; if None the one that promises
            the highest F1 of this recording, at most the model's own.
        firing_threshold: keep firings of at least this probability; the model's own if None.
        block_seconds: longer recordings are identified in blocks of about this length.
        preparation: filters and motion suppression; none by default. What is prepared is what
            units, quality, power and EMG territories are taken from.
        least_quality: units of a lower overall quality (0 to 1) are dropped.
        emg_firings: firings of EMG units in s, to compare with.
        emg_warnings: what is to be known of them; goes with the result too.
        emg_made: what the result says of where they are from.
        emg_clock_fit: fit offset and scale of their clock first.
        one_recording: see :func:`kmu.identification.served_model.load_model`.
        find: finds the units in the recording at the model's rate, with the two thresholds and
            the length of blocks; its units keep their ids, and their provenance holds the
            ``thresholds`` used. ``identify_coarse`` by default, whose units are counted from 1.

    Raises:
        InputError: as ``kmu.identify``.
    """
    # Fails before anything slow is done.
    rate = model.frame_rate if isinstance(model, ServedModel) else model_rate(find_model(model))
    # TensorFlow takes seconds to load, which the reading of a long file hides.
    with ThreadPoolExecutor(1) as pool:
        if isinstance(model, ServedModel):
            loading = pool.submit(lambda: model)
        else:
            loading = pool.submit(load_model, model, one_recording)
        hashing = pool.submit(file_hash, getattr(source, "path", None))
        coarse = prepared(coarse_copy(source, rate), preparation)
        served, source_hash = loading.result(), hashing.result()
    found = (find or identify_coarse)(
        coarse, served, score_threshold, firing_threshold, block_seconds
    )
    quality = measure_quality(found, coarse)
    before, not_given = len(found), found.provenance.get("not_given")
    scores = float(found.score.sum())
    found, quality = keep_best(found, quality, least_quality)
    pairs = territory = rates = clock = None
    if emg_firings is not None:
        if emg_clock_fit:
            clock = fit_clock(found, emg_firings)
            emg_firings = [clock(times) for times in emg_firings]
        rates = agreement_rates(found, emg_firings)
        pairs = match_emg(found, emg_firings)
        territory = emg_territories(coarse, emg_firings)
    made = provenance(
        source,
        served.path,
        found.provenance["thresholds"],
        source_hash=source_hash,
        block_seconds=block_seconds,
        preparation=preparation,
        least_quality=least_quality,
    )
    found_with = found.provenance.get("warnings", [])
    made["warnings"] += [*coarse.warnings, *found_with, *emg_warnings]
    if emg_made is not None:
        made["emg"] = dict(emg_made)
    if clock is not None:
        made["emg_clock"] = {**vars(clock), "sentence": clock.sentence}
    if not_given is not None:
        made["not_given"] = not_given = not_given + scores - float(found.score.sum())
    if coarse.constant is None:
        features = measure_features(coarse, len(found))
        likeness = compare(features, training_family(served.path), found.score, not_given)
        made["likeness"] = likeness.summary()
        made["warnings"] += [likeness.sentence] if likeness.sentence else []
    # What is left after dropping is counted from 1: these are the units of the result.
    ids = found.ids if find else np.arange(1, len(found) + 1)
    numbered = replace(found, ids=ids, provenance=made)
    return Analysis(
        units=at_rate(numbered, source.frame_rate, source.shape[0]),
        power=coarse.power,
        quality={"quality": overall(quality), **quality},
        flags=flags(quality),
        measures=measure(found),
        dropped=before - len(found),
        emg=pairs,
        emg_units=0 if emg_firings is None else len(emg_firings),
        emg_territory=territory,
        emg_rates=rates,
        emg_clock=clock,
        coarse=coarse,
        magnitude=source.magnitude() if isinstance(source, RecordingSource) else None,
    )
