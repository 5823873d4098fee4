"""What is done with a result: units come in, what can be said of them goes out.

``pipeline`` does everything that one command does for one recording; ``options`` says what its
options mean, ``quality`` how far a unit can be trusted, ``physiology`` what it is like, ``emg`` how
it agrees with firings from EMG; ``curation`` applies a person's decisions.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # What an earlier version had here, and its documentation named.
    if name in ("analyse", "Analysis"):
        raise ImportError(f"kmu.analysis.{name} is kmu.{name} now: write from kmu import {name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
