"""The simulator: motor pool, twitches, territories, tissue, scanner; ``simulate`` ties them."""

from kmu.simulation.look import simulate, simulate_series

__all__ = ["simulate", "simulate_series"]
