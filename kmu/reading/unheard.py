"""What may speak of an array but is not read: refused where a default would be taken instead.

Kind and unit have defaults, and so has the speed of sound. Where something that usually says them
(a pickled object, a struct that cannot be opened, a text in no known form, a file of metadata) is
there but was not understood, an option must say them.
"""

import pickletools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kmu.errors import InputError
from kmu.reading import pairs
from kmu.reading.contents import Contents, Variable, parents
from kmu.reading.conversion import UNITS, default_unit
from kmu.reading.names import KIND_NAMES, META_WORDS, UNIT_NAMES, plain, words
from kmu.reading.quantities import plain_unit
from kmu.reading.said import Told, texts_of

PICKLED = "pickled Python object, which kmu does not open"
CLOSED_STRUCT = "struct that cannot be read (damaged, or objects in it)"
_UNIT_IN_TEXT = re.compile(
    r"(?<![\w/.])(?:[nuµμcm]?m|(?:milli|micro|nano|centi)?met(?:er|re)s?|microns?)"
    r"(?: ?/ ?| per |[ .·*]?(?=s(?:ec)?(?:\^|⁻|-1)))(?:s|sec|second|ms|frame)(?:\^?-1|⁻¹)?(?!\w)",
    re.IGNORECASE,
)
# "1540 m/s" is a number, and beside "sound" a unit is that of sound.
_OF_SOMETHING_ELSE = re.compile(r"\d\s*$|sound|\bc0?\b", re.IGNORECASE)
_OTHER_KIND = re.compile(
    rf"\b({'|'.join(KIND_NAMES)})\b\W{{1,5}}(displacement|strain|iq|rf)\b", re.IGNORECASE
)
# More texts are no statements about one array.
_MOST = 64
_SUFFIXES = (".json", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".txt", ".hdr")


def closed(found: Contents, chosen: Variable) -> str:
    """What cannot be opened and may speak of an array, in words; "" if there is nothing."""
    for label, kind in found.unreadable.items():
        named = set(words(label)) & META_WORDS and not kind.startswith("empty")
        if named or kind in (PICKLED, CLOSED_STRUCT):
            return f"{label!r} is {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    for label, value in {**chosen.attributes, **found.notes}.items():
        stored = value.tobytes() if isinstance(value, np.void) else value
        if isinstance(stored, bytes) and _is_pickle(stored):
            return f"{label!r} is a {PICKLED}"
    return ""


def _is_pickle(value: bytes) -> bool:
    """Whether bytes are a list, dict or object that Python has pickled, as PyTables keeps them."""
    if not value.startswith((b"(", b"\x80", b"c")):
        return False
    try:
        return [code for code, _, _ in pickletools.genops(value)][-1].name == "STOP"
    except Exception:  # of bytes that are none it raises nearly every kind of error
        return False


def other_unit(found: Contents, chosen: Variable, kind: str) -> str:
    """What may give the array another unit than the default, in words; "" if there is nothing."""
    for label, value in chosen.attributes.items():
        for text in texts_of(np.asarray(value)) or []:
            if unit := _unit_in(text, kind):
                return f"{label!r} of {chosen.name} speaks of {unit}"
    if cause := closed(found, chosen):
        return f"{cause}, and may say the unit"
    for label, text in _texts(found, chosen):
        for line in text.splitlines():
            if (unit := _unit_in(line, kind)) and not _OF_SOMETHING_ELSE.search(
                line[: line.find(unit)]
            ):
                return f"{label} speaks of {unit}"
    return ""


def or_closed(
    found: Contents, chosen: Variable, told: Told[float] | None, what: str, option: str
) -> Told[float] | None:
    """What is told, or None where nothing is and nothing can be hidden.

    Raises:
        InputError: if something in the file that cannot be opened may say it.
    """
    if told is None and (cause := closed(found, chosen)):
        raise InputError(f"{found.path}: {cause}, and may say {what}; give {option}")
    return told


def other_kind(found: Contents, chosen: Variable) -> str:
    """What may give the array another kind than the default, in words; "" if there is nothing."""
    for label, text in _texts(found, chosen):
        if match := _OTHER_KIND.search(text.replace('"', " ")):
            return f"{label} speaks of {match[0]!r}"
    return ""


def _unit_in(text: str, kind: str) -> str:
    """Another unit of its kind than the default that a text speaks of; "" if none."""
    for match in _UNIT_IN_TEXT.finditer(text):
        other = plain_unit(match[0])
        fits = other in UNITS and ("/" in other) == (kind == "velocity")
        if fits and other != default_unit(kind):
            return match[0]
    return ""


def _texts(found: Contents, chosen: Variable) -> Iterator[tuple[str, str]]:
    """Texts of the file, and of files of metadata beside it, that were not read, by their names."""
    others = found.of_others(chosen)
    inside = [
        (variable.name, variable.values())
        for variable in found.variables
        if variable.dtype.kind == "U"
        and np.prod(variable.shape) <= _MOST
        and parents(variable.name)[0] not in others
    ]
    for label, value in [*found.notes.items(), *inside]:
        texts = texts_of(np.asarray(value)) or []
        opened = len(texts) == 1 and pairs.entries(value)
        if texts and len(texts) <= _MOST and not opened and not _of_sound(label):
            joint = "" if max(map(len, texts)) == 1 else "\n"
            yield f"{label!r}, which is not read,", joint.join(texts)
    for path in _files(found.path):
        text = pairs.text_of(path)
        entries = pairs.pairs(text)
        said = [f"{name}: {value}" for name, value in entries.items() if _names_either(name)]
        yield f"{path.name} beside it, which is not read,", "\n".join(said) if entries else text


def _of_sound(label: str) -> bool:
    """Whether a name is about the speed of sound."""
    return "sound" in label.casefold() or bool({"c"} & set(words(label)))


def _names_either(name: str) -> bool:
    return plain(re.split(r"[._]", name)[-1]) in (*UNIT_NAMES, *KIND_NAMES)


def _files(path: Path) -> Iterator[Path]:
    """Files whose names say that they hold metadata of a recording and that are not read."""
    read = set(filter(pairs.speaks, pairs.beside(path)))
    try:
        there = sorted((path if path.is_dir() else path.parent).iterdir())
    except OSError:
        return
    for other in there:
        if other.suffix.casefold() not in _SUFFIXES or other in (path, *read):
            continue
        own = other.stem in (path.stem, path.name)
        rest = other.stem.removeprefix(path.stem)
        if own or ((said := set(words(rest))) and said <= META_WORDS):
            yield other
