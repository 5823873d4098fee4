"""Motor units found in EMG, whatever file they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.quantities import measured

# No decomposition gives so many units; such a number is something else, such as a time stamp.
_MOST_UNITS = 10_000
# Firings so many times later than the recording is long are hardly times in seconds.
_FAR_BEYOND = 10
# Units whose firings are further apart than this, in s, on the median of so many intervals, have
# times in another unit: the slowest motor units fire some times a second.
_SLOWEST_S, _LEAST_INTERVALS = 5.0, 10


@dataclass(frozen=True, eq=False)
class EmgUnits:
    """Firing times of EMG units, by the numbers they have in their file.

    Attributes:
        source: the file, for messages.
        firings: one ascending float64 array of seconds for each unit; the unit with number n is
            at n - 1, and a unit without firings has an empty array.
        warnings: what the user is to know about them.
        unsaid: if the times were taken for seconds though nothing says so, where they stand and
            what would say it.
    """

    source: str
    firings: list[NDArray[np.float64]]
    warnings: tuple[str, ...] = ()
    unsaid: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for number, times in enumerate(self.firings, 1):
            if not np.isfinite(times).all():
                raise InputError(f"{self.source}: unit {number} has firings that are no numbers")
        ascending = [np.sort(np.asarray(times, np.float64).ravel()) for times in self.firings]
        object.__setattr__(self, "firings", ascending)

    def checked(self) -> "EmgUnits":
        """The same units; a warning, if they fire more slowly than any motor unit.

        Raises:
            InputError: if they do, and nothing says that their times are seconds.
        """
        steps = np.concatenate([np.zeros(0), *(np.diff(times) for times in self.firings)])
        if len(steps) < _LEAST_INTERVALS or (usual := float(np.median(steps))) < _SLOWEST_S:
            return self
        slow = f"half of all firings come {usual:.4g} s or more after the one before"
        if self.unsaid:
            raise InputError(
                f"{self.source}: if {self.unsaid[0]} is in seconds, {slow}, as no motor unit does; "
                f"{self.unsaid[1]}"
            )
        said = f"{self.source}: {slow}, as no motor unit does: are its times in seconds?"
        return EmgUnits(self.source, self.firings, (*self.warnings, said))

    def later(self, offset: float) -> "EmgUnits":
        """The same units with all firings ``offset`` s later."""
        if not np.isfinite(offset):
            raise InputError(f"an offset of the firings of {offset:g} s is impossible")
        return EmgUnits(self.source, [times + offset for times in self.firings], self.warnings)

    def within(self, duration: float) -> "EmgUnits":
        """The firings inside a recording of ``duration`` s; the others are counted in a warning.

        Raises:
            InputError: if there are firings, but none of them inside.
        """
        joined = np.concatenate([np.zeros(0), *self.firings])
        before, after = int((joined < 0).sum()), int((joined > duration).sum())
        late = float(np.median(joined)) if joined.size else 0.0
        doubt = ""
        if late > _FAR_BEYOND * duration:
            doubt = (
                f"; half of them are later than {late:.4g} s: if these are milliseconds or samples,"
                " name the column time_ms, or sample with their rate as --firings-rate"
            )
        if joined.size and before + after == joined.size:
            raise InputError(
                f"{self.source}: none of the {joined.size} firings lies inside the recording "
                f"(0 to {duration:.4g} s): {before} before its start, {after} after its end{doubt}"
            )
        said = [
            f"{self.source}: {count} of {joined.size} firings lie {where} and are left out"
            for count, where in (
                (before, "before the recording's start"),
                (after, f"after the recording's end ({duration:.4g} s)"),
            )
            if count
        ]
        if doubt:
            said[-1] += doubt
        kept = [times[(times >= 0) & (times <= duration)] for times in self.firings]
        return EmgUnits(self.source, kept, (*self.warnings, *said))


def by_number(
    source: str,
    firings: Mapping[int, NDArray[np.float64]],
    unsaid: tuple[str, str] | None = None,
) -> EmgUnits:
    """Units whose file numbers them: gaps are units without firings.

    Args:
        source: the file, for messages.
        firings: in s, by number.
        unsaid: as in :class:`EmgUnits`.

    Raises:
        InputError: if a number cannot be a unit's.
    """
    wrong = [number for number in firings if not 0 <= number <= _MOST_UNITS]
    if wrong:
        raise InputError(f"{source}: {wrong[0]} is no number of a unit")
    first = 0 if 0 in firings else 1
    last = max(firings, default=first - 1)
    listed = [firings.get(number, np.zeros(0)) for number in range(first, last + 1)]
    said = f"{source} counts units from 0: its unit 0 is called EMG unit 1"
    return EmgUnits(source, listed, () if first else (said,), unsaid)


def rate_said(source: str, label: str, value: Any) -> float:
    """A sampling rate that a file states, in Hz: a number, or a text with its unit.

    Raises:
        InputError: if it is neither.
    """
    values = np.ravel(np.asarray(value))
    if values.size == 1 and values.dtype.kind in "fiu":
        return float(values[0])
    text = str(values[0]).strip() if values.size == 1 else ""
    told = measured(text, "rate")
    if told is None:
        shown = f"the text {text!r}" if text else f"an array of shape {np.shape(value)}"
        raise InputError(
            f"{source}: {label} should be a number in Hz but is {shown}; give --firings-rate"
        )
    return told


def by_samples(
    source: str, samples: list[NDArray[np.float64]], rate: float | None, first: int
) -> EmgUnits:
    """Units whose firings are samples.

    Args:
        source: the file, for messages.
        samples: of each unit.
        rate: Hz; None if neither the file nor the user says.
        first: the number of the first sample, 1 in MATLAB and 0 elsewhere.

    Raises:
        InputError: if the rate is missing or impossible.
    """
    if rate is None:
        raise InputError(
            f"{source} holds samples, but no sampling rate; give it in Hz with --firings-rate"
        )
    if not (np.isfinite(rate) and rate > 0):
        raise InputError(f"{source}: a sampling rate of {rate:g} Hz is impossible")
    with np.errstate(over="ignore", invalid="ignore"):  # what is then no number is refused
        times = [(np.asarray(item, np.float64) - first) / rate for item in samples]
    return EmgUnits(source, times)
