"""What every configuration has: fields with unit, range and help; checks; JSON both ways."""

import dataclasses
import json
import typing
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, Self

from kmu.errors import InputError


def parameter(
    default: Any,
    help: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    source: str = "",
) -> Any:
    """A field of a configuration.

    Args:
        default: its value unless told otherwise.
        help: what it does, in one sentence; code, command line and docs all read it here.
        unit: physical unit, empty for a pure number.
        low: smallest allowed value (of every number, where the field is a tuple).
        high: largest allowed value.
        choices: the allowed values, where they can be listed.
        source: paper, equation or public code the value is from.
    """
    return field(
        default=default,
        metadata={
            "help": help,
            "unit": unit,
            "low": low,
            "high": high,
            "choices": choices,
            "source": source,
        },
    )


@dataclass(frozen=True)
class Config:
    """Base of all configurations: frozen, checked when made, JSON both ways.

    Raises:
        InputError: if a value is outside its range or not among its choices, or if JSON names
            a field that does not exist.
    """

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            value, rule = getattr(self, item.name), item.metadata
            name = self._called(item.name)
            if rule.get("choices") and value not in rule["choices"]:
                raise InputError(f"{name} is {value!r}; choose from {list(rule['choices'])}")
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, bool) or not isinstance(number, int | float):
                    continue
                low, high = rule.get("low"), rule.get("high")
                if (
                    number != number
                    or (low is not None and number < low)
                    or (high is not None and number > high)
                ):
                    unit = f" {rule['unit']}" if rule.get("unit") else ""
                    raise InputError(f"{name} is {value}; it must lie in {low} to {high}{unit}")

    def _called(self, name: str) -> str:
        """What messages call a field."""
        return f"{type(self).__name__}.{name}"

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON types, nested configurations as dictionaries."""
        return typing.cast(dict[str, Any], json.loads(json.dumps(dataclasses.asdict(self))))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The reverse of :meth:`to_dict`; fields left out keep their defaults."""
        hints = typing.get_type_hints(cls)
        fields = {item.name: item for item in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(fields))
        if unknown:
            raise InputError(f"{cls.__name__} has no field {unknown[0]!r}; it has {list(fields)}")
        made = {}
        for name, value in values.items():
            kind = _section(hints[name])
            if kind is not None and value is not None:
                made[name] = kind.from_dict(value)
            else:
                made[name] = _as_default(cls.__name__, fields[name], value)
        return cls(**made)

    def to_json(self) -> str:
        """The configuration as indented JSON."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, path: str | Path) -> Self:
        """Reads a configuration from a JSON file."""
        try:
            values = json.loads(Path(path).read_text())
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        except ValueError as error:
            raise InputError(f"{path} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise InputError(f"{path} does not hold a JSON object")
        return cls.from_dict(values)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


def _section(hint: Any) -> type[Config] | None:
    """The configuration that a field holds, or may hold; None if it is a plain value."""
    for kind in (hint, *typing.get_args(hint)):
        if isinstance(kind, type) and issubclass(kind, Config):
            return kind
    return None


def _as_default(owner: str, item: dataclasses.Field[Any], value: Any) -> Any:
    """Checks a JSON value against the type of the field's default; lists become tuples."""
    default = item.default
    if isinstance(value, list):
        value = tuple(tuple(v) if isinstance(v, list) else v for v in value)
    if default is MISSING or default is None or value is None:
        return value
    numeric = isinstance(default, int | float) and not isinstance(default, bool)
    fits = (
        isinstance(value, int | float) and not isinstance(value, bool)
        if numeric
        else isinstance(value, type(default))
    )
    if not fits:
        raise InputError(
            f"{owner}.{item.name} is {value!r}; it must be like its default, {default!r}"
        )
    return value
