"""Tissue velocity from echoes: IQ frames come in, velocity in mm/s goes out.

``estimation`` has the estimators of the field and the temporal band-pass that labs use.
"""
