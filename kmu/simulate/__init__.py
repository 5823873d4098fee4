"""The simulator: motor pool, twitches, territories, tissue, scanner; ``simulate`` ties them."""

from kmu.simulate.look import simulate

__all__ = ["simulate"]
