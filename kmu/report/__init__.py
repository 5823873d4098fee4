"""Figures and pages of a result; what they show is computed apart from drawing it."""

from kmu.report.overview import Overview, draw_figure, draw_overview, overview
from kmu.report.page import Report, page, stored_report, write_page
from kmu.report.writing import Outputs, write_all

__all__ = [
    "Outputs",
    "Overview",
    "Report",
    "draw_figure",
    "draw_overview",
    "overview",
    "page",
    "stored_report",
    "write_all",
    "write_page",
]
