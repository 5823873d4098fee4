"""The same motor units in several recordings of a muscle: results come in, tracked units go out.

``seen`` is a result with its images; ``placement`` says where the image of one recording lies in
that of another, ``registration`` finds it out. ``likeness`` compares every unit of one with every
unit of the other, ``probability`` says how likely they are the same, ``assignment`` makes units of
pairs, one-to-one over all recordings. ``pipeline`` does all of it; ``known`` moves the units of an
earlier result onto a new recording.
"""
