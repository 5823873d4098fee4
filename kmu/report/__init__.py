"""Figures and pages of a result; what they show is computed apart from drawing it."""

from kmu.report.overview import Overview, draw_figure, draw_overview, overview
from kmu.report.page import Report, page, write_page

__all__ = [
    "Overview",
    "Report",
    "draw_figure",
    "draw_overview",
    "overview",
    "page",
    "write_page",
]
