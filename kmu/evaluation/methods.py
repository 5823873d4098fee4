"""The methods a benchmark can run, kmu's own among them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmu._version import __version__
from kmu.baselines import BASELINES
from kmu.baselines.registry import Baseline
from kmu.errors import InputError
from kmu.evaluation.bounds import BOUNDS, bound
from kmu.identification.finding import find_model
from kmu.identification.model_hash import model_hash
from kmu.identification.served_model import load_model
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
    if name in BOUNDS:
        served = load_model(model_folder(KMU, model)) if name == "trains_bound" else None
        return Method(
            name,
            BOUNDS[name],
            True,
            lambda recording, truth: bound(name, recording, truth, served),
        )
    baseline = _baseline(name)
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


def maker(name: str, model: str = "") -> dict[str, str]:
    """What the results of a method depend on beside the recording; others are of another maker.

    Args:
        name: as :func:`method` takes it.
        model: likewise.

    Returns:
        ``kmu``, its version, and ``method``: a hash of the model, or of a baseline's settings.

    Raises:
        InputError: if there is no such method, or its model is missing.
    """
    if name == "trains_bound":
        stamp = model_hash(model_folder(KMU, model))
    elif name in BOUNDS:
        stamp = name
    elif name in NETWORKS:
        stamp = model_hash(model_folder(name, model))
    else:
        settings = json.dumps(_baseline(name).tuned().to_dict(), sort_keys=True)
        stamp = hashlib.sha256(settings.encode()).hexdigest()[:16]
    return {"kmu": __version__, "method": stamp}


def descriptions() -> dict[str, str]:
    """Every method's name and its line of description."""
    return NETWORKS | {
        name: f"{baseline.description} [{baseline.reference}]"
        for name, baseline in BASELINES.items()
    }


def _baseline(name: str) -> Baseline:
    if name not in BASELINES:
        every = ", ".join([*descriptions(), *BOUNDS])
        raise InputError(f"there is no method {name!r}; choose from {every}")
    return BASELINES[name]


class _Network:
    """``kmu.identify`` with a model that is loaded before anything is timed."""

    def __init__(self, path: Path) -> None:
        self._model = load_model(path)

    def __call__(self, recording: Recording, truth: MotorUnits) -> MotorUnits:
        from kmu.identification.pipeline import identify

        return identify(recording, self._model)
