"""Pages are Markdown; what is measured is included in them at marked places.

A place is all that stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``.
"""

import re
from collections.abc import Mapping

from kmu.errors import InputError


def include(page: str, parts: Mapping[str, str]) -> str:
    """The page with each marked place filled anew; all else stays as it is.

    Args:
        page: Markdown with a place for each part.
        parts: what is measured, as Markdown, by the name of its place.

    Raises:
        InputError: if the page has no place of that name, or several.
    """
    for name, text in parts.items():
        place = re.compile(rf"<!-- {re.escape(name)} -->\n.*?<!-- /{re.escape(name)} -->", re.S)
        found = list(place.finditer(page))
        if len(found) != 1:
            raise InputError(
                f"the page needs one place <!-- {name} --> ... <!-- /{name} --> for what is "
                f"included there; it has {len(found)}"
            )
        filled = f"<!-- {name} -->\n\n{text.strip()}\n\n<!-- /{name} -->"
        page = page[: found[0].start()] + filled + page[found[0].end() :]
    return page
