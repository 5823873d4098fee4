"""One thread for linear algebra.

Several may sum in another order, and bits would differ; of small matrices they wait for each other
more than they work.
"""

import functools
from typing import Any

from threadpoolctl import ThreadpoolController


def single_thread() -> Any:
    """A context in which linear algebra uses one thread."""
    return _controller().limit(limits=1, user_api="blas")


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
