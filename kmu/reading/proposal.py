"""The command that identifies the motor units of a file, as far as the file tells."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kmu.errors import InputError
from kmu.reading import statements
from kmu.reading.contents import CENTER_NAMES, Contents, Variable

_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Proposal:
    """A command and what is behind it.

    Attributes:
        command: with capitals in place of what the user must fill in.
        said: what the file says of itself.
        needed: what each thing in capitals means, a sentence each.
    """

    command: str
    said: list[str]
    needed: list[str]


def propose(found: Contents, sequences: Sequence[Variable], path: Path) -> Proposal:
    """Proposes a command for the first of ``sequences``, or for any if there are several."""
    chosen = sequences[0]
    parts, said, needed = ["kmu identify", shlex.quote(str(path))], [], []
    if len(sequences) > 1:
        parts.append("--variable VARIABLE")
        names = ", ".join(variable.name for variable in sequences)
        needed.append(f"VARIABLE: the array that holds the recording, one of {names}")
    axes = _told(lambda: statements.axes(found, chosen))
    if axes is None:
        parts.append("--axes AXES")
        needed.append(
            f"AXES: the order of z (depth), x (lateral), t (time) in {_shape(chosen)}, for "
            f"instance {_likely_axes(chosen)} if its longest axis is time"
        )
    else:
        said.append(f"axes {axes}")
    frames = max(chosen.shape)
    rate = _told(
        lambda: statements.frame_rate(found, chosen, statements.times(found, chosen, frames))
    )
    if rate is None:
        parts.append("--frame-rate HZ")
        needed.append("HZ: frames per second")
    else:
        said.append(f"{rate:g} frames per second")
    pixel = _told(lambda: statements.spacing(found, chosen))
    if pixel is None:
        parts.append("--spacing DZ DX")
        needed.append("DZ, DX: the size of a pixel in depth and across, in mm")
    else:
        said.append(f"pixels of {pixel[0]:g} x {pixel[1]:g} mm")
    kind = _told(lambda: statements.kind(found, chosen))
    if kind is not None:
        said.append(f"it holds {kind}")
    elif chosen.dtype.kind == "c":
        kind = "iq"
        parts.append("--kind iq")
    if (
        kind in ("iq", "rf")
        and _told(lambda: statements.number(found, CENTER_NAMES, chosen, "rate")) is None
    ):
        parts.append("--centre-frequency F")
        needed.append("F: centre frequency of the pulse, Hz")
    parts.append(f"-o {shlex.quote(path.stem)}.units.h5")
    return Proposal(" ".join(parts), said, needed)


def _told(statement: Callable[[], _Told]) -> _Told | None:
    try:
        return statement()
    except InputError:
        return None  # what is there is not understood: the user is asked for it


def _shape(variable: Variable) -> str:
    return f"{variable.name} ({' x '.join(map(str, variable.shape))})"


def _likely_axes(variable: Variable) -> str:
    sizes = [size for size in variable.shape if size > 1]
    longest = sizes.index(max(sizes))
    return ("tzx", "ztx", "zxt")[longest]
