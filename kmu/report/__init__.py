"""Figures and pages of a result; what they show is computed apart from drawing it."""

from kmu.report.overview import Overview, draw_overview, overview

__all__ = ["Overview", "draw_overview", "overview"]
