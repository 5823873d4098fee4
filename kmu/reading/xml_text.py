"""XML as nested entries: those of JSON that would say the same."""

import re
from typing import Any
from xml.etree import ElementTree

from kmu.reading.names import UNIT_NAMES, plain

_MOST = 2**20
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")


def of_xml(text: str) -> dict[str, Any]:
    """The entries of a document; empty if it is none.

    Attributes and elements are entries alike; ``<dz unit="mm">0.8</dz>`` is a number with its unit,
    ``<parameter name="dz" value="0.8"/>`` one called ``dz``. Elements of one name give a list.
    """
    # A document that declares entities may grow without end when it is read.
    if len(text) > _MOST or "<!ENTITY" in text.upper():
        return {}
    try:
        inside = _entries(ElementTree.fromstring(text))
    except (ElementTree.ParseError, ValueError, RecursionError):
        return {}
    return inside if isinstance(inside, dict) else {}


def _entries(element: ElementTree.Element) -> Any:
    """An element as a dict of its attributes and elements, or its text if it has neither."""
    inside: dict[str, Any] = {}
    for name, value in element.attrib.items():
        _add(inside, name, _value(value))
    for child in element:
        _add(inside, _named(child), _entries(child))
    text = (element.text or "").strip()
    known = {plain(name): name for name in inside}
    if "name" in known and "value" in known and not text:
        rest = {k: v for k, v in inside.items() if plain(k) not in ("name", "key")}
        return rest if any(plain(name) in UNIT_NAMES for name in rest) else inside[known["value"]]
    if not inside:
        return _value(text)
    return {**inside, "value": _value(text)} if text else inside


def _named(element: ElementTree.Element) -> str:
    """The name of an element without its namespace, or what its attribute ``name`` says it is."""
    name = element.attrib.get("name") or element.attrib.get("Name")
    has_value = any(plain(key) == "value" for key in element.attrib)
    return name if name and has_value else element.tag.rpartition("}")[2]


def _add(inside: dict[str, Any], name: str, value: Any) -> None:
    name = name.rpartition("}")[2]
    earlier = inside.setdefault(name, value)
    if isinstance(earlier, list):
        earlier.append(value)
    elif earlier != value:
        inside[name] = [earlier, value]


def _value(text: str) -> Any:
    return float(text) if _NUMBER.fullmatch(text) else text.strip()
