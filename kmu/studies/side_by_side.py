"""Recordings measured side by side, in processes that each load the model once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from kmu.identification.served_model import load_model
from kmu.progress import silent


def side_by_side(
    measure: Callable[..., Any], tasks: Sequence[Any], model: str | None, processes: int
) -> Iterator[tuple[Any, Any]]:
    """Each task with what ``measure(task, served)`` gives, in the order in which they end.

    Args:
        measure: a function of a module.
        tasks: any that can be pickled.
        model: name or folder.
        processes: how many.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked = {pool.submit(_measured, measure, task, model): task for task in tasks}
        for answer in as_completed(asked):
            yield asked[answer], answer.result()


def _measured(measure: Callable[..., Any], task: Any, model: str | None) -> Any:
    with silent():
        return measure(task, load_model(model))
