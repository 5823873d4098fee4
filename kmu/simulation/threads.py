"""One thread for linear algebra: several may sum in another order, and bits would differ."""

import functools
from typing import Any

from threadpoolctl import ThreadpoolController


def single_thread() -> Any:
    """A context in which linear algebra uses one thread."""
    return _controller().limit(limits=1, user_api="blas")


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
