"""What a file says of a recording and where, and the command that identifies its motor units."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from kmu.errors import InputError
from kmu.reading import layout, meaning, pixels, rates, scaling, statements
from kmu.reading.contents import Contents, Variable
from kmu.reading.names import CENTER_NAMES, SOUND_NAMES
from kmu.reading.said import Told

Value = TypeVar("Value")


@dataclass
class Proposal:
    """A command and what is behind it.

    Attributes:
        command: with capitals in place of what the user must fill in.
        said: what the file says of itself: what it is about, the value, and where it was read.
        refused: what the file says that cannot be used, a sentence each.
        needed: what each thing in capitals means, a sentence each.
    """

    command: str = ""
    said: list[tuple[str, str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)

    def look(
        self, name: str, read: Callable[[], Told[Value] | None], show: Callable[[Value], str]
    ) -> Value | None:
        """Notes what the file says, or why that cannot be used."""
        try:
            told = read()
        except InputError as error:
            if " does not say " not in str(error):
                self.refused.append(f"{name}: {error}")
            return None
        if told is None:
            return None
        self.said.append((name, show(told.value), told.place))
        return told.value


def propose(found: Contents, sequences: Sequence[Variable], path: Path) -> Proposal:
    """Proposes a command for the first of ``sequences``, or for any if there are several."""
    pair = layout.only_pair(found)
    chosen = pair or sequences[0]
    made = Proposal()
    parts = ["kmu identify", shlex.quote(str(path))]
    if len(sequences) > 1 and pair is None:
        parts.append("--variable VARIABLE")
        names = ", ".join(variable.name for variable in sequences)
        made.needed.append(f"VARIABLE: the array that holds the recording, one of {names}")
    axes = made.look("axes", lambda: statements.axes(found, chosen), str)
    if axes is None:
        parts.append("--axes AXES")
        made.needed.append(
            f"AXES: the order of z (depth), x (lateral), t (time) in {_shape(chosen)}, for "
            f"instance {_likely_axes(chosen)} if its longest axis is time"
            if chosen.is_sequence
            else f"AXES: a letter for each axis of {_shape(chosen)}: z (depth), x (lateral), t "
            "(time), i (I and Q) and a (transmits, averaged)"
        )
    frames = _frames(chosen, axes)
    rate = made.look(
        "frame rate",
        lambda: rates.frame_rate(found, chosen, rates.times(found, chosen, frames)),
        lambda hz: f"{hz:g} Hz",
    )
    if rate is None:
        parts.append("--frame-rate HZ")
        made.needed.append("HZ: frames per second")
    pixel = made.look(
        "pixel size",
        lambda: pixels.spacing(found, chosen, _image(chosen, axes)),
        lambda size: f"{size[0]:g} x {size[1]:g} mm",
    )
    if pixel is None:
        parts.append("--spacing DZ DX")
        made.needed.append("DZ, DX: the size of a pixel in depth and across, in mm")
    kind = made.look("kind", lambda: meaning.kind(found, chosen), str)
    # Only IQ has more than three axes, as a rule.
    if kind is None and (chosen.dtype.kind == "c" or not chosen.is_sequence):
        kind = "iq"
        parts.append("--kind iq")
    if kind in ("iq", "rf"):
        _look_for_pulse(made, parts, found, chosen)
    else:
        made.look("unit", lambda: meaning.unit(found, chosen, kind or "velocity"), str)
        if any(sentence.startswith("unit: ") for sentence in made.refused):
            parts.append("--unit UNIT")
            made.needed.append("UNIT: of the values, such as mm/s or m/s")
        made.look(
            "scale",
            lambda: scaling.scale_of(found, chosen, None),
            lambda pair: f"{pair[0]:g} * value + {pair[1]:g}",
        )
    parts.append(f"-o {shlex.quote(path.stem)}.units.h5")
    made.command = " ".join(parts)
    return made


def _look_for_pulse(made: Proposal, parts: list[str], found: Contents, chosen: Variable) -> None:
    centre = made.look(
        "centre frequency",
        lambda: statements.number(found, CENTER_NAMES, chosen, "rate"),
        lambda hz: f"{hz / 1e6:g} MHz",
    )
    if centre is None:
        parts.append("--centre-frequency F")
        made.needed.append("F: centre frequency of the pulse, Hz")
    made.look(
        "sound speed",
        lambda: statements.number(found, SOUND_NAMES, chosen, "speed"),
        lambda speed: f"{speed:g} m/s",
    )


def _frames(chosen: Variable, axes: str | None) -> int:
    try:
        return chosen.shape[layout.places(chosen, axes or "")["t"]]
    except (InputError, KeyError):
        return max(chosen.shape)


def _image(chosen: Variable, axes: str | None) -> dict[str, int]:
    """How many rows and columns there are, in the order of the array."""
    try:
        places = layout.places(chosen, axes or "")
        return {axis: chosen.shape[places[axis]] for axis in axes or "" if axis in "zx"}
    except (InputError, KeyError):
        return {}


def _shape(variable: Variable) -> str:
    return f"{variable.name} ({' x '.join(map(str, variable.shape))})"


def _likely_axes(variable: Variable) -> str:
    sizes = [size for size in variable.shape if size > 1]
    longest = sizes.index(max(sizes))
    return ("tzx", "ztx", "zxt")[longest]
