"""Rows of a text table, whatever program in whatever country wrote it.

Told are: the encoding (UTF-8, UTF-16 with or without a byte order mark, else Windows' own), the
separator (tab, semicolon, comma), the decimal mark, and empty columns and rows at the end.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from kmu.errors import InputError


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
    first = text.lstrip("\r\n").split("\n", 1)[0].strip()
    stated = first.casefold().startswith("sep=") and len(first) > 4
    if stated:  # Excel's way to say it
        separator, text = first[4], text.lstrip("\r\n").split("\n", 1)[-1]
    else:
        separator = next((mark for mark in "\t;" if mark in first), ",")
    header: list[str] = []
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            line = reader.line_num + stated
            cells = [cell.strip() for cell in cells]
            while cells and not cells[-1] and (not header or len(cells) > len(header)):
                cells.pop()
            if not any(cells):
                continue
            if not header:
                header = cells
                continue
            if len(cells) > len(header):
                raise InputError(
                    f"{path}, line {line}: {len(cells)} cells below a header of {len(header)}; "
                    "numbers with a decimal comma need another separator, such as a semicolon"
                )
            rows.append((line, cells + [""] * (len(header) - len(cells))))
    except csv.Error as error:
        raise InputError(f"{path} is no table of text: {error}") from error
    return Table(header, rows, separator)


def decimal(path: Path, text: str, line: int, table: Table) -> float:
    """The number in a cell, with a decimal point or comma.

    Raises:
        InputError: if it is none.
    """
    number = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        return float(number)
    except ValueError as error:
        shown = {"\t": "tab"}.get(table.separator, table.separator)
        raise InputError(
            f"{path}, line {line}: {text!r} is no number (cells are separated by {shown!r})"
        ) from error


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
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
