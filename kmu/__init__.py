"""kmu (Keras motor units): individual motor units from ultrafast-ultrasound recordings.

``import kmu`` is cheap: everything below is imported when it is first used.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmu._moved import announce as _announce
from kmu._version import __version__

if TYPE_CHECKING:
    from kmu.analysis.identifying import analyse, identify
    from kmu.analysis.pipeline import Analysis
    from kmu.errors import InputError
    from kmu.identification.served_model import load_model
    from kmu.live.stream import Stream
    from kmu.motor_units import MotorUnits
    from kmu.reading.opening import read
    from kmu.recording import Recording
    from kmu.simulation.look import simulate
    from kmu.tracking.known import identify_known
    from kmu.tracking.pipeline import track
    from kmu.trust.checking import check

_announce()

# In a checkout the folders datasets/ and tuning/ stand at the top level; an installed kmu has
# them inside. Appending the checkout's root lets both be imported as kmu.datasets, kmu.tuning.
_root = Path(__file__).resolve().parent.parent
if (_root / "setup.cfg").is_file() and (_root / "datasets" / "__init__.py").is_file():
    __path__.append(str(_root))

_HOME = {
    "Analysis": "kmu.analysis.pipeline",
    "InputError": "kmu.errors",
    "MotorUnits": "kmu.motor_units",
    "Recording": "kmu.recording",
    "Stream": "kmu.live.stream",
    "analyse": "kmu.analysis.identifying",
    "check": "kmu.trust.checking",
    "identify": "kmu.analysis.identifying",
    "identify_known": "kmu.tracking.known",
    "load_model": "kmu.identification.served_model",
    "read": "kmu.reading.opening",
    "simulate": "kmu.simulation.look",
    "track": "kmu.tracking.pipeline",
}
__all__ = [
    "Analysis",
    "InputError",
    "MotorUnits",
    "Recording",
    "Stream",
    "__version__",
    "analyse",
    "check",
    "identify",
    "identify_known",
    "load_model",
    "read",
    "simulate",
    "track",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kmu' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
