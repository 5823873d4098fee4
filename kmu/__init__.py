"""kmu (Keras motor units): individual motor units from ultrafast-ultrasound recordings.

``import kmu`` is cheap: everything below is imported when it is first used.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmu._version import __version__

if TYPE_CHECKING:
    from kmu.errors import InputError
    from kmu.identify import identify
    from kmu.motor_units import MotorUnits
    from kmu.recording import Recording
    from kmu.simulate import simulate

# In a checkout the folders datasets/ and tuning/ stand at the top level; an installed kmu has
# them inside. Appending the checkout's root lets both be imported as kmu.datasets, kmu.tuning.
_root = Path(__file__).resolve().parent.parent
if (_root / "setup.cfg").is_file() and (_root / "datasets" / "__init__.py").is_file():
    __path__.append(str(_root))

_HOME = {
    "InputError": "kmu.errors",
    "MotorUnits": "kmu.motor_units",
    "Recording": "kmu.recording",
    "identify": "kmu.identify",
    "simulate": "kmu.simulate",
}
__all__ = ["InputError", "MotorUnits", "Recording", "__version__", "identify", "simulate"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kmu' has no attribute {name!r}")
