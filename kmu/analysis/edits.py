"""Edit lists as people and programs write them.

MATLAB's ``jsonencode`` writes a list of one edit as the edit alone and gives every edit of a struct
array all fields, empty ones as ``[]``; R writes a single value as a list of one; Windows' editors
put a byte order mark in front or write UTF-16. All of them mean the same list.
"""

import json
from pathlib import Path
from typing import Any

from kmu.errors import InputError

Edit = dict[str, Any]
# Fields that are one value, which some programs write as a list of one.
_SINGLE = ("action", "unit", "at", "note")


def read_edits(path: str | Path) -> list[Edit]:
    """Reads an edit list, ``{"edits": [...]}``.

    Raises:
        InputError: if the file is missing or not such a list.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        # Without a mark, json tells UTF-8, UTF-16 and UTF-32 by their first bytes.
        values = json.loads(raw.decode("utf-8-sig") if raw.startswith(b"\xef\xbb\xbf") else raw)
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    edits = values.get("edits") if isinstance(values, dict) else None
    if isinstance(edits, dict):
        edits = [edits]
    if not isinstance(edits, list) or not all(isinstance(edit, dict) for edit in edits):
        raise InputError(f'{path} must hold {{"edits": [...]}}, a list of objects')
    return [_plain(edit) for edit in edits]


def _plain(edit: Edit) -> Edit:
    """An edit without its empty fields, single values as such, and whole numbers as integers."""
    found: Edit = {}
    for name, value in edit.items():
        if value is None or value in ([], {}) or (value == "" and name != "note"):
            continue
        if name in _SINGLE and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if name == "unit":
            value = _whole(value)
        elif name == "drop":
            value = [_whole(item) for item in (value if isinstance(value, list) else [value])]
        elif name == "units" and isinstance(value, list):
            value = [_whole(item) for item in value]
        found[name] = value
    return found


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
