"""What the values of an array are: their kind and unit, as the file says or the array's name does.

Kind and unit have defaults, velocity in mm/s. So nothing that speaks of another one may be passed
by: the name of the array (``displacement_um``), or a struct beside it, is heard too.
"""

import re

from kmu.errors import InputError
from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import UNITS, default_unit
from kmu.reading.names import KIND_NAMES, PERHAPS_KIND_NAMES, UNIT_NAMES, plain, unit_names, words
from kmu.reading.quantities import plain_unit
from kmu.reading.said import Said, Told, check_agreement, texts_of
from kmu.reading.statements import text
from kmu.reading.unheard import other_kind, other_unit

_KINDS = {
    "velocity": "velocity", "tissuevelocity": "velocity", "tvi": "velocity", "tdi": "velocity",
    "axialvelocity": "velocity", "vel": "velocity", "tissuedoppler": "velocity",
    "displacement": "displacement", "disp": "displacement", "tissuedisplacement": "displacement",
    "axialdisplacement": "displacement", "iq": "iq", "iqdata": "iq", "beamformediq": "iq",
    "rf": "rf", "rfdata": "rf", "beamformedrf": "rf",
}  # fmt: skip
_VELOCITY_WORDS = {"velocity", "velocities", "vel", "tvi", "tdi"}
_DISPLACEMENT_WORDS = {"displacement", "displacements", "displ", "disp"}
# Arrays so called hold no velocity; what they hold must be said.
_OTHER_WORDS = {
    "strain", "envelope", "intensity", "acceleration", "correlation", "coherence", "power", "phase",
}  # fmt: skip
_OTHER_NAMES = ("bmode", "iq", "rf", "rfdata", "iqdata")
_SPEED_AT_END = re.compile(
    r".*[_ ((\[]((?:n|u|µ|μ|c|m)?m)(?:_per_|_?p_?|[_/]?)(s|frame)[\])]?", re.IGNORECASE
)
# velocityMps, velocityCMS
_SPEED_AFTER_WORD = re.compile(r".*[a-z]([NUCM][mM]|M)(?:Per|[Pp]|_)?([Ss]|Frame|frame)")
_LENGTH_AT_END = re.compile(r".*[_ ((\[]((?:n|u|µ|μ|c|m)?m)[\])]?", re.IGNORECASE)


def kind(found: Contents, chosen: Variable) -> Told[str] | None:
    """What the file says the values are, in the words of ``--kind`` where they are known.

    Raises:
        InputError: if two statements differ, or only the name says that it is no velocity.
    """
    told = text(found, KIND_NAMES, chosen, "--kind")
    if told is None:
        for one in _texts(found.elsewhere(KIND_NAMES, chosen)):
            other = _KINDS.get(plain(one.text(found.path, "")))
            if other not in (None, "velocity"):
                raise InputError(
                    f"{found.path}: {one.label!r} says {other}, but not of what; give --kind"
                )
        passing = _kind_in_passing(found, chosen) or _kind_by_name(found, chosen)
        if passing is None and (unheard := other_kind(found, chosen)):
            raise InputError(f"{found.path}: {unheard}; give --kind")
        return passing
    word = _KINDS.get(plain(told.value).replace("/", ""), told.value)
    known = [
        (one.label, other)
        for one in _texts(found.all_said(KIND_NAMES, chosen))
        if (other := _KINDS.get(plain(one.text(found.path, "")))) is not None
    ]
    check_agreement(found.path, [("kind", word), *known], "--kind")
    return Told(word, told.place)


def _kind_in_passing(found: Contents, chosen: Variable) -> Told[str] | None:
    """The kind that something says which may as well say something else, such as ``type``."""
    for one in _texts(found.all_said(PERHAPS_KIND_NAMES, chosen)):
        stated = one.text(found.path, "--kind")
        known = _KINDS.get(plain(stated).replace("/", ""))
        said = set(words(stated))
        if known is not None:
            return Told(known, one.place)
        if said & (_DISPLACEMENT_WORDS | _OTHER_WORDS) and not said & _VELOCITY_WORDS:
            raise InputError(
                f"{found.path}: {one.label!r} is {stated!r}: say what {chosen.name} holds with "
                "--kind (velocity, displacement, iq, rf)"
            )
    return None


def _kind_by_name(found: Contents, chosen: Variable) -> Told[str] | None:
    label = _last(chosen.name)
    said = set(words(label))
    if said & _VELOCITY_WORDS or chosen.dtype.kind == "c":
        return None
    if said & _DISPLACEMENT_WORDS:
        return Told("displacement", f"the name {label}")
    if said & _OTHER_WORDS or plain(label) in _OTHER_NAMES:
        raise InputError(
            f"{found.path}: an array called {chosen.name!r} hardly holds velocity; say what it "
            "holds with --kind (velocity, displacement, iq, rf)"
        )
    return None


def unit(found: Contents, chosen: Variable, kind: str) -> Told[str] | None:
    """The unit of the values that the file states, or their name.

    Farther away it may be of something else; only another unit of the same dimension contradicts.

    Args:
        found: the file.
        chosen: the array.
        kind: "velocity" or "displacement".

    Raises:
        InputError: if two statements differ, or one stands where it may be about another array.
    """
    told = text(found, _names(chosen, kind), chosen, "--unit")
    told = told or text(found, UNIT_NAMES, chosen, "--unit")
    named = _unit_by_name(_last(chosen.name), kind)
    if told is None:
        if named is not None:
            return Told(named, f"the name {_last(chosen.name)}")
        for one in _texts(found.elsewhere(UNIT_NAMES, chosen)):
            other = plain_unit(one.text(found.path, ""))
            speed = kind == "velocity" and "/" in other and other in UNITS
            if speed and other != default_unit(kind):
                raise InputError(
                    f"{found.path}: {one.label!r} is {other!r}, but it is not said of what; give "
                    "--unit"
                )
        if unheard := other_unit(found, chosen, kind):
            raise InputError(f"{found.path}: {unheard}; give --unit")
        return None
    own = plain_unit(told.value)
    alike = [
        (one.label, other)
        for one in _texts(found.all_said(UNIT_NAMES, chosen))
        if "/" in own and "/" in (other := plain_unit(one.text(found.path, ""))) and other in UNITS
    ]
    if named is not None:
        alike.append((f"the name {chosen.name}", plain_unit(named)))
    check_agreement(found.path, [("unit", own), *alike], "--unit")
    return told


def _names(chosen: Variable, kind: str) -> tuple[str, ...]:
    """Names of the unit of the array: after its own name, or what it holds."""
    of_kind = _VELOCITY_WORDS if kind == "velocity" else _DISPLACEMENT_WORDS
    about = (_last(chosen.name), *sorted(of_kind))
    return tuple(name for one in about for name in unit_names(one))


def _unit_by_name(label: str, kind: str) -> str | None:
    """The unit at the end of a name such as ``velocity_cm_s``; a length only of displacement."""
    if kind == "velocity":
        parts = _SPEED_AT_END.fullmatch(label) or _SPEED_AFTER_WORD.fullmatch(label)
        if parts and re.search(r"(?:[_ ]ms|[a-z]M[sS])$", label, re.ASCII):
            raise InputError(
                f"the unit at the end of {label!r} may be meters per second or milliseconds; give "
                "--unit"
            )
        return f"{parts[1]}/{parts[2]}".casefold() if parts else None
    parts = _LENGTH_AT_END.fullmatch(label)
    return parts[1] if parts else None


def _last(name: str) -> str:
    """The last part of a name, without the number of a cell."""
    return re.split(r"[./]", re.sub(r"\{\d+\}$", "", name))[-1]


def _texts(said: list[Said]) -> list[Said]:
    return [
        one
        for one in said
        if not one.unreadable and one.values.size and any(texts_of(one.values) or [])
    ]
