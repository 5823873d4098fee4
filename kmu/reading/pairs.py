"""Statements in one text: JSON, XML, or lines of ``name: value``, in the file or one beside it.

Such a text may be an attribute, a dataset, a variable, or a file of the recording's name that ends
in ``.json``, ``.xml`` or ``.yaml``. What it says counts as if each of its entries stood where the
text stands; its inner objects are structs there, but for one of the array's name, which speaks of
the array.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kmu.reading.contents import Contents, Variable
from kmu.reading.names import (
    DEPTH_NAMES,
    DEPTH_POSITION_NAMES,
    LATERAL_NAMES,
    LATERAL_POSITION_NAMES,
    SPACING_NAMES,
    UNIT_NAMES,
    plain,
)
from kmu.reading.said import decoded, texts_of
from kmu.reading.xml_text import of_xml

# Between the name of a text and the name of an entry in it.
JOINT = ": "
_MOST = 2**20
_SUFFIXES = (".json", ".xml", ".yaml", ".yml")
_LINE = re.compile(r"\s*([^\W\d][\w .()\[\]-]{0,60}?)\s*[:=]\s*(\S.*?)\s*[;,]?\s*")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def with_texts_opened(found: Contents, beside: Iterable[Path] = ()) -> Contents:
    """The same contents with what its texts say.

    Args:
        found: what is in the file.
        beside: files that speak of it; they need not exist.
    """
    notes = dict(found.notes)
    more: list[Variable] = []
    own: dict[str, dict[str, Any]] = {variable.name: {} for variable in found.variables}

    def add(home: dict[str, Any], label: str, said: Mapping[str, Any]) -> None:
        for key, value in said.items():
            head, _, last = key.rpartition(".")
            if not head:
                home[f"{label}{JOINT}{key}"] = value
            elif about := [n for n in own if plain(_last(n)) == plain(head.split(".")[0])]:
                for name in about:
                    own[name][f"{label}{JOINT}{last}"] = value
            else:
                more.append(_constant(f"{label}.{key}", value))

    for label, value in found.notes.items():
        add(notes, label, entries(value))
    for variable in found.variables:
        for label, value in variable.attributes.items():
            add(own[variable.name], label, entries(value))
        if _may_be_text(variable):
            inside: dict[str, Any] = {}
            add(inside, variable.name, entries(variable.values()))
            more += [_constant(label, value) for label, value in inside.items()]
    for path in beside:
        add(notes, path.name, pairs(text_of(path)))
    variables = [
        dataclasses.replace(v, attributes={**v.attributes, **own[v.name]}) if own[v.name] else v
        for v in found.variables
    ]
    return dataclasses.replace(found, variables=[*variables, *more], notes=notes)


def pairs(text: str) -> dict[str, Any]:
    """The entries of a text by name, inner ones joined by "."; empty if it is no such text."""
    text = text.strip().removeprefix("\ufeff")
    if text.startswith("{"):
        try:
            read = json.loads(text)
        except ValueError:
            return {}
        return dict(_flat(read, "")) if isinstance(read, dict) else {}
    if text.startswith("<"):
        return dict(_flat(of_xml(text), ""))
    lines = [_LINE.fullmatch(line) for line in text.splitlines() if line.strip()]
    if not lines or not all(lines):
        return {}
    found = {line[1]: line[2].strip("\"'") for line in lines if line is not None}
    return {
        name.replace(".", " "): float(value) if _NUMBER.fullmatch(value) else value
        for name, value in found.items()
    }


def _flat(read: Mapping[str, Any], head: str) -> Iterator[tuple[str, Any]]:
    for key, value in read.items():
        name = re.sub(r"[./]", " ", key)
        inside = {plain(k): v for k, v in value.items()} if isinstance(value, dict) else {}
        unit = next((inside[k] for k in UNIT_NAMES if isinstance(inside.get(k), str)), None)
        if "value" in inside and set(inside) <= {"value", *UNIT_NAMES}:
            measured = np.ravel(inside["value"]).tolist()
            yield from _one(head + name, [f"{v} {unit}" for v in measured] if unit else measured)
        elif inside and plain(name) in SPACING_NAMES:
            yield from _flat({_side(k): v for k, v in value.items()}, head)
        elif inside and plain(name) in UNIT_NAMES:  # "units": {"dz": "m"}
            yield from _flat({f"{k}_unit": v for k, v in value.items()}, head)
        elif isinstance(value, dict):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield from _one(head + name, value)


def _one(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    values = np.asarray(value) if not isinstance(value, list) or value else np.zeros(0)
    if values.dtype.kind in "fiuU":
        yield name, values.reshape(()) if values.size == 1 else values


def _side(name: str) -> str:
    """``dz`` or ``dx`` for an entry of a pixel's size."""
    if plain(name) in (*DEPTH_NAMES, *DEPTH_POSITION_NAMES):
        return "dz"
    return "dx" if plain(name) in (*LATERAL_NAMES, *LATERAL_POSITION_NAMES) else name


def entries(value: Any) -> dict[str, Any]:
    """The entries of a value that is such a text, also as codes of letters."""
    values = np.asarray(value)
    if values.dtype.kind in "SOV" and values.size == 1:
        return pairs(decoded(values.ravel()[0]))
    if values.dtype.kind == "u" and values.itemsize > 2:
        return {}
    texts = texts_of(values)
    return pairs(texts[0]) if texts and len(texts) == 1 else {}


def _may_be_text(variable: Variable) -> bool:
    size = int(np.prod(variable.shape))
    if variable.dtype.kind == "U":
        return size == 1
    codes = variable.dtype.kind == "u" and variable.dtype.itemsize <= 2
    return codes and 1 < size <= _MOST and max(variable.shape) == size


def beside(path: Path) -> list[Path]:
    """The files, there or not, that speak of a recording: they have its name."""
    return [path.with_suffix(suffix) for suffix in _SUFFIXES if path.suffix != suffix]


def speaks(path: Path) -> bool:
    """Whether a file has entries."""
    return bool(pairs(text_of(path)))


def text_of(path: Path) -> str:
    """What a small file of text says; "" if it is none or not there."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST:
            return ""
        stored = path.read_bytes()
        return stored.decode("utf-16" if stored[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _constant(label: str, value: Any) -> Variable:
    values = np.asarray(value)
    return Variable(label, values.shape, values.dtype, values.__getitem__)


def _last(name: str) -> str:
    return re.split(r"[./]", name)[-1]
