"""The methods a benchmark can run, kmu's own among them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmu.baselines import BASELINES
from kmu.errors import InputError
from kmu.identification.served_model import find_model, load_model
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

KMU = "kmu"
# Trained models that come with kmu, each a method by its name.
NETWORKS = {
    KMU: "kmu's network",
    "paper": "the published pipeline as we could rebuild it, trained on as many clips "
    "[Ali et al. 2020]",
}


@dataclass(frozen=True)
class Method:
    """A method ready to run.

    Attributes:
        name: as the command line and tables know it.
        description: one line.
        oracle: whether it is told the true firings.
        run: (recording, truth) -> motor units; only an oracle looks at the truth.
    """

    name: str
    description: str
    oracle: bool
    run: Callable[[Recording, MotorUnits], MotorUnits]


def method(name: str, model: str = "") -> Method:
    """The method of a name, baselines with their tuned settings.

    Args:
        name: one of ``NETWORKS`` or the name of a baseline.
        model: what ``kmu`` runs with; empty for its default model.

    Raises:
        InputError: if there is no such method, or its model is missing.
    """
    if name in NETWORKS:
        return Method(name, NETWORKS[name], False, _Network(model_folder(name, model)))
    if name not in BASELINES:
        raise InputError(f"there is no method {name!r}; choose from {', '.join(descriptions())}")
    baseline = BASELINES[name]
    settings = baseline.tuned()
    return Method(
        name,
        baseline.description,
        baseline.oracle,
        lambda recording, truth: baseline.run(recording, settings, truth),
    )


def model_folder(name: str, model: str = "") -> Path:
    """The version folder of what one of ``NETWORKS`` runs with; ``model`` is for ``kmu`` alone.

    Raises:
        InputError: if there is none.
    """
    return find_model((model or None) if name == KMU else name)


def descriptions() -> dict[str, str]:
    """Every method's name and its line of description."""
    return NETWORKS | {
        name: f"{baseline.description} [{baseline.reference}]"
        for name, baseline in BASELINES.items()
    }


class _Network:
    """``kmu.identify`` with a model that is loaded before anything is timed."""

    def __init__(self, path: Path) -> None:
        self._model = load_model(path)

    def __call__(self, recording: Recording, truth: MotorUnits) -> MotorUnits:
        from kmu.identification.pipeline import identify

        return identify(recording, self._model)
