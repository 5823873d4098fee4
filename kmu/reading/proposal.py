"""The command that identifies the motor units of a file, as far as the file tells."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmu.errors import InputError
from kmu.reading.contents import (
    AXES_NAMES,
    CENTER_NAMES,
    DEPTH_NAMES,
    FRAME_RATE_NAMES,
    KIND_NAMES,
    LATERAL_NAMES,
    SPACING_NAMES,
    Contents,
    Variable,
)


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
    axes = found.text(AXES_NAMES, chosen)
    if axes is None:
        parts.append("--axes AXES")
        needed.append(
            f"AXES: the order of z (depth), x (lateral), t (time) in {_shape(chosen)}, for "
            f"instance {_likely_axes(chosen)} if its longest axis is time"
        )
    else:
        said.append(f"axes {axes}")
    rate = _number(found, FRAME_RATE_NAMES, chosen)
    if rate is None:
        parts.append("--frame-rate HZ")
        needed.append("HZ: frames per second")
    else:
        said.append(f"{rate:g} frames per second")
    depth, width = _number(found, DEPTH_NAMES, chosen), _number(found, LATERAL_NAMES, chosen)
    pair = found.array(SPACING_NAMES, chosen)
    if pair is not None and pair[1].size == 2:
        depth, width = (float(value) for value in pair[1].ravel())
    if depth is None or width is None:
        parts.append("--spacing DZ DX")
        needed.append("DZ, DX: the size of a pixel in depth and across, in mm")
    else:
        said.append(f"pixels of {depth:g} x {width:g} mm")
    kind = found.text(KIND_NAMES, chosen)
    if kind is not None:
        said.append(f"it holds {kind}")
    elif chosen.dtype.kind == "c":
        kind = "iq"
        parts.append("--kind iq")
    if kind in ("iq", "rf") and _number(found, CENTER_NAMES, chosen) is None:
        parts.append("--centre-frequency F")
        needed.append("F: centre frequency of the pulse, Hz")
    parts.append(f"-o {shlex.quote(path.stem)}.units.h5")
    return Proposal(" ".join(parts), said, needed)


def _number(found: Contents, names: tuple[str, ...], chosen: Variable) -> float | None:
    try:
        return found.number(names, chosen)
    except InputError:
        return None  # what is there is no number: the user is asked for it


def _shape(variable: Variable) -> str:
    return f"{variable.name} ({' x '.join(map(str, variable.shape))})"


def _likely_axes(variable: Variable) -> str:
    sizes = [size for size in variable.shape if size > 1]
    longest = sizes.index(max(sizes))
    return ("tzx", "ztx", "zxt")[longest]
