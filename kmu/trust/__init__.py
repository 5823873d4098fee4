"""Trust on the user's own recording: what can be checked where nobody knows the true units.

A recording and its result come in, a ``Check`` goes out; the report draws it, ``kmu check`` prints
it. ``checking`` does all of it; ``given`` refuses what does not fit; ``injection`` draws simulated
units for this recording, ``recovery`` says what became of them, and ``estimate`` how many of the
recording's own units were found; ``rest`` takes a recording of the relaxed muscle as null;
``agreement`` asks a method that shares nothing with the network; ``methods`` writes the paragraph
for an article. Perturbed firings are a measure of quality (``kmu.analysis.quality.perturbation``),
and how far a recording lies from the model's training is ``kmu.analysis.likeness``.
"""

from kmu.trust.checking import Check, check

__all__ = ["Check", "check"]
