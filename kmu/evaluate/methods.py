"""The methods a benchmark can run, kmu's own among them."""

from collections.abc import Callable
from dataclasses import dataclass

from kmu.baselines import BASELINES
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

KMU = "kmu"


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
        name: ``kmu`` or the name of a baseline.
        model: what ``kmu`` runs with; empty for its default model.

    Raises:
        InputError: if there is no such method.
    """
    if name == KMU:
        return Method(KMU, descriptions()[KMU], False, _Kmu(model))
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


def descriptions() -> dict[str, str]:
    """Every method's name and its line of description."""
    return {KMU: "kmu's network"} | {
        name: f"{baseline.description} [{baseline.reference}]"
        for name, baseline in BASELINES.items()
    }


class _Kmu:
    """``kmu.identify`` with a model that is loaded, and run once, before anything is timed."""

    def __init__(self, model: str) -> None:
        from kmu.served_model import load_model

        self._model = load_model(model or None)

    def __call__(self, recording: Recording, truth: MotorUnits) -> MotorUnits:
        from kmu.identify import identify

        return identify(recording, self._model)
