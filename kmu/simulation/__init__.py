"""The simulator: motor pool, twitches, territories, tissue, scanner; ``simulate`` ties them."""

from kmu.simulation.look import simulate

__all__ = ["simulate"]
