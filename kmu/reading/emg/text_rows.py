"""Rows of a text table, whatever program in whatever country wrote it.

Told are: the encoding (UTF-8, UTF-16 with or without a byte order mark, else Windows' own), the
separator (tab, semicolon, bar, comma, blanks), the decimal mark, and empty columns and rows at the
end. Lines that begin with # or %, a title above the names, a row of units below them and R's names
of rows are known.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from kmu.errors import InputError

_SEPARATORS = ("\t", ";", "|", ",")
_COMMENTS = ("#", "%")
_NONE = ("", "na", "nan", "n/a", "null", "none", "-")


@dataclass(frozen=True)
class Table:
    """A header and rows of the same length.

    Attributes:
        header: the names of the columns.
        rows: the number of each row's line, and its cells.
        separator: between cells.
    """

    header: list[str]
    rows: list[tuple[int, list[str]]]
    separator: str


def read_rows(path: Path) -> Table:
    """Reads a table.

    Raises:
        InputError: if it is no text, or a row has more cells than the header.
    """
    text = _text(path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    stated = lines[first].strip().strip('"').casefold()
    separator = ""
    if stated.startswith("sep=") and len(stated) > 4:  # Excel's way to say it
        separator = stated[4]
        lines[first] = ""
    names = _names(lines)
    separator = separator or _separator(lines[names:])
    notes = {i for i, line in enumerate(lines) if i != names and line.lstrip()[:1] in _COMMENTS}
    shown = ["" if i in notes or i < names else line for i, line in enumerate(lines)]
    shown[names] = shown[names].lstrip(" \t" + "".join(_COMMENTS))
    if separator == " ":
        shown = [" ".join(line.split()) for line in shown]
    header: list[str] = []
    rows = []
    reader = csv.reader(io.StringIO("\n".join(shown), newline=""), delimiter=separator)
    try:
        for cells in reader:
            line = reader.line_num
            cells = [_unquoted(cell) for cell in cells]
            while cells and not cells[-1] and (not header or len(cells) > len(header)):
                cells.pop()
            if not any(cells):
                continue
            if not header:
                header = cells
                continue
            if len(cells) == len(header) + 1 and lines[line - 1].startswith('"'):
                cells = cells[1:]  # R's names of rows
            if len(cells) > len(header):
                raise InputError(
                    f"{path}, line {line}: {len(cells)} cells below a header of {len(header)}; "
                    "numbers with a decimal comma need another separator, such as a semicolon"
                )
            rows.append((line, cells + [""] * (len(header) - len(cells))))
    except csv.Error as error:
        raise InputError(f"{path} is no table of text: {error}") from error
    if rows and sum(map(bool, rows[0][1])) > 1 and not re.search(r"\d", "".join(rows[0][1])):
        # Units in a row of their own.
        units = rows.pop(0)[1]
        header = [f"{name} ({unit})" for name, unit in zip(header, units, strict=True)]
    return Table(header, rows, separator)


def _names(lines: list[str]) -> int:
    """The line of the names of the columns: comments and a title are passed over."""
    plain = [i for i, line in enumerate(lines) if line.strip()]
    shown = [i for i in plain if lines[i].lstrip()[0] not in _COMMENTS]
    if not shown:
        return plain[0] if plain else 0
    titled = [i for i in shown if any(mark in lines[i] for mark in _SEPARATORS)]
    names = titled[0] if titled else shown[0]
    before = [i for i in plain if i < names and i not in shown]
    if before and not re.search(r"[^\W\d_e]", lines[names], re.IGNORECASE):
        return before[-1]  # "# unit,time_s" above numbers
    return names


def _separator(lines: list[str]) -> str:
    found = next((mark for mark in _SEPARATORS if lines and mark in lines[0]), "")
    # Columns of blanks, where there are as many numbers below as names.
    below = [len(line.split()) for line in lines[:3] if line.strip()]
    blanks = len(below) > 1 and below[0] > 1 and set(below) == {below[0]}
    return found or (" " if blanks else ",")


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def is_none(cell: str) -> bool:
    """Whether a cell says that there is no number."""
    return cell.casefold() in _NONE


def decimal(path: Path, text: str, line: int, table: Table) -> float:
    """The number in a cell, with a decimal point or comma, and thousands set apart.

    Raises:
        InputError: if it is none.
    """
    number = re.sub(r"(?<=\d)['\u2019\u00a0\u202f\u2009 ](?=\d{3})", "", text)
    for thousands, point in ((",", "."), (".", ",")):
        # Both marks in one number: the last one is the decimal one.
        if re.fullmatch(rf"[-+]?\d{{1,3}}(\{thousands}\d{{3}})+\{point}\d*", number):
            number = number.replace(thousands, "")
    number = number.replace(",", ".") if number.count(",") == 1 and "." not in number else number
    try:
        return float(number)
    except ValueError as error:
        shown = {"\t": "tab"}.get(table.separator, table.separator)
        raise InputError(
            f"{path}, line {line}: {text!r} is no number (cells are separated by {shown!r})"
        ) from error


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encoding = "utf-32"
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in raw[:200]:
        # Latin letters in UTF-16 are every other byte zero.
        encoding = "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
    else:
        encoding = "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if any(ord(letter) < 9 for letter in text[:1000]):
        raise InputError(f"{path} is neither text nor a known file of firings")
    return text
