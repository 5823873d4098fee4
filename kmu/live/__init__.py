"""Live: known units followed while the contraction lasts.

In go pieces of frames, out come pieces of trains and firings with a bounded delay. ``stream`` holds
:class:`Stream`, which the others serve: ``sequence`` counts what arrives and bridges what is
missing; ``decimation`` brings frames to the model's rate; ``calibration`` finds the units and fixes
their unmixing; ``window`` makes trains and firings of the unmixed courses; ``registration`` follows
a probe that moves; ``renewal`` says which unit is which after a recalibration; ``pieces`` is what
comes out. ``framing`` and ``sources`` say how frames reach ``kmu stream``, ``playing`` runs it and
``view`` shows it in the terminal.
"""
