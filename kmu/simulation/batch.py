"""Many simulated recordings at once: in parallel processes, in order, the same for any number."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import joblib
import numpy as np

from kmu.config.simulation import SimulationConfig
from kmu.motor_units import MotorUnits
from kmu.progress import set_quiet
from kmu.recording import Recording
from kmu.simulation.look import simulate

# Below this many recordings, starting processes takes longer than they save.
_WORTH_PROCESSES = 40


def example(config: SimulationConfig, seed: int) -> dict[str, Any]:
    """Simulates one recording and packs it as the data set stores it.

    Returns:
        ``velocity`` (T, Z, X) float16 mm/s, ``territory`` (K, Z, X) uint8 (255 is 1),
        ``twitch_train`` (K, T) float32 mm/s, ``firings`` K dictionaries of ``times`` (s),
        ``frame_rate``, ``spacing`` (2,) float32, ``seed``, ``family``, ``snr_db``.
    """
    recording, truth = simulate(config, seed)
    return {
        **packed(recording, truth),
        "seed": np.int64(seed),
        "family": recording.meta["family"],
        "snr_db": np.float32(recording.meta["snr_db"]),
    }


def packed(recording: Recording, truth: MotorUnits) -> dict[str, Any]:
    """A recording and its true units as :func:`example` has them."""
    return {
        "velocity": recording.velocity.astype(np.float16),
        "territory": np.round(truth.territory * 255).astype(np.uint8),
        "twitch_train": truth.twitch_train,
        "firings": [{"times": times} for times in truth.firings],
        "frame_rate": np.float32(recording.frame_rate),
        "spacing": np.asarray(recording.spacing, np.float32),
    }


def examples(
    config: SimulationConfig | Callable[[int], SimulationConfig],
    seeds: Iterable[int],
    workers: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yields :func:`example` of every seed, in order.

    Args:
        config: the family, or a function that gives a seed's family.
        seeds: one recording each.
        workers: processes to use; None: one for every core, or none for a few recordings. The
            result does not depend on it.
    """
    seeds = list(seeds)
    pairs = [(config(seed) if callable(config) else config, seed) for seed in seeds]
    if workers is None:
        workers = joblib.cpu_count() if len(seeds) >= _WORTH_PROCESSES else 1
    if workers <= 1:
        yield from (example(*pair) for pair in pairs)
        return
    # loky starts its processes without running the user's main module again, so that a script
    # needs no main guard; what is made ahead of the reader is bounded.
    parallel = joblib.Parallel(
        n_jobs=workers, backend="loky", return_as="generator", pre_dispatch=4 * workers
    )
    yield from parallel(joblib.delayed(_quiet_example)(*pair) for pair in pairs)


def _quiet_example(config: SimulationConfig, seed: int) -> dict[str, Any]:
    """In another process: progress is the caller's to show."""
    set_quiet(True)
    return example(config, seed)
