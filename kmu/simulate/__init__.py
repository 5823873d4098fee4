"""The simulator: motor pool, twitches, territories, tissue, scanner; ``simulate`` ties them."""

from kmu.callable_module import make_callable
from kmu.simulate.look import simulate

__all__ = ["simulate"]

make_callable(__name__)
