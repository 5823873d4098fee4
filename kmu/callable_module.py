"""Modules that can be called like the one function they are named after."""

import sys
import types
from typing import Any


class _CallableModule(types.ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*arguments, **options)


def make_callable(name: str) -> None:
    """Lets the module ``kmu.verb`` be called as ``kmu.verb(...)``, which calls ``verb`` in it.

    ``kmu.identify`` is a function to users and a module to Python: importing the module puts it
    in the function's place in the package. Called or not, both are then the same.

    Args:
        name: the module's ``__name__``.
    """
    sys.modules[name].__class__ = _CallableModule
