"""The stress suite: recordings of a second, independent simulator, each family with one difficulty.

In comes the name of a family and an index, out come a recording and its true units. The room
imports nothing of :mod:`kmu.simulation` (a contract in ``setup.cfg`` holds that), and nothing in
it was ever used to train, to tune or to choose: it measures what holds away from home.

- ``world.py``: every parameter, with unit, range and source.
- ``families.py``: what each family changes; a new one is one line there.
- ``discharge.py``: when units fire. ``twitch.py``: what one firing moves.
- ``territory.py``: where units lie and how the tissue around them follows.
- ``motion.py``: what moves beside units. ``picture.py``: what the scanner spoils.
- ``making.py``: puts a recording together.
"""

from kmu.stress.families import FAMILIES, RESTING, world_of
from kmu.stress.making import make_recording

__all__ = ["FAMILIES", "RESTING", "make_recording", "world_of"]
