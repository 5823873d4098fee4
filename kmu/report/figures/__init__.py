"""Figures for a paper: a result comes in, a figure of a column's or a page's width goes out.

Each kind is one file with a function that computes what is shown and one that draws it on given
axes; ``kinds`` lists them, ``style`` says what all of them look like.
"""

from kmu.report.figures.discharge import DischargeRates, Raster, discharge_rates, raster
from kmu.report.figures.kinds import KINDS, draw_on, save_figure
from kmu.report.figures.one_unit import OneUnit, one_unit
from kmu.report.figures.twitches import Twitches, twitches

__all__ = [
    "KINDS",
    "DischargeRates",
    "OneUnit",
    "Raster",
    "Twitches",
    "discharge_rates",
    "draw_on",
    "one_unit",
    "raster",
    "save_figure",
    "twitches",
]
