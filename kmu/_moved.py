"""Names that earlier versions had, and where each one went."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# Old module: what to write instead.
MOVED = {
    "blocks": "kmu.identification.blocks",
    "coarse": "kmu.identification.coarse",
    "curation": "kmu.analysis.curation",
    "data": "kmu.train.data",
    "emg": "kmu.analysis.emg",
    "evaluate": "kmu.evaluation",
    "examples": "kmu.train.examples",
    "export": "kmu.models.export",
    "firings": "kmu.identification.firings",
    "golden": "kmu.models.golden",
    "identify": "the function kmu.identify, or kmu.identification",
    "linking": "kmu.identification.linking",
    "losses": "kmu.train.losses",
    "motion": "kmu.identification.preparation",
    "physiology": "kmu.analysis.physiology",
    "quality": "kmu.analysis.quality",
    "read": "the function kmu.read, or kmu.reading",
    "resample": "kmu.identification.resample",
    "serve": "kmu.serving",
    "served_model": "the function kmu.load_model, or kmu.identification.served_model",
    "simulate": "the function kmu.simulate, or kmu.simulation",
    "write": "kmu.writing",
}


class MovedNames(MetaPathFinder):
    """Says in one sentence where a module of an earlier version went."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Called for what no other finder has found.

        Raises:
            ModuleNotFoundError: if the module stood there in an earlier version.
        """
        package, _, name = fullname.partition(".")
        if package == "kmu" and name in MOVED:
            raise ModuleNotFoundError(
                f"{fullname} is no module any more: use {MOVED[name]}", name=fullname
            )
        return None


def announce() -> None:
    """Lets imports of old names say where they went."""
    if not any(isinstance(finder, MovedNames) for finder in sys.meta_path):
        sys.meta_path.append(MovedNames())
