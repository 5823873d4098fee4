"""The simulator: motor pool, twitches, territories, tissue, scanner; ``simulate`` ties them."""

from kmu.simulate.scene import simulate

__all__ = ["simulate"]
