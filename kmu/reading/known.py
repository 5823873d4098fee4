"""What is settled about a recording: by an option, else by its file, else by the default."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from kmu.errors import InputError
from kmu.reading.said import Told

Value = TypeVar("Value")


class Known:
    """Gathers where everything that is settled about a recording was read.

    Attributes:
        places: for each thing a place in the file, an option, or "not said".
        given: the options with their values, and what the file says instead, one text each.
    """

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.given: list[str] = []

    def settle(
        self,
        name: str,
        given: Value | None,
        option: str,
        read: Callable[[], Told[Value] | None],
        default: Value | None = None,
    ) -> Any:
        """What the caller gave, else what the file says, else the default.

        Raises:
            InputError: of ``read``, where the caller gave nothing.
        """
        if given is None:
            told = read()
            self.places[name] = told.place if told else "not said"
            return told.value if told else default
        self.places[name] = option
        try:
            instead = read()
        except InputError:  # what the option is given for
            instead = None
        differs = instead is not None and _shown(instead.value) != _shown(given)
        file = f" (the file says {_shown(instead.value)})" if instead and differs else ""
        self.given.append(f"{option} {_shown(given)}{file}")
        return given


def _shown(value: Any) -> str:
    numbers = np.ravel(value)
    return " ".join(f"{n:g}" if numbers.dtype.kind in "fiu" else str(n) for n in numbers)
