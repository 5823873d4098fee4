"""Names under which files keep what they say of a recording."""

# Names under which labs keep these numbers, compared without case and underscores.
# The first ones mean images and nothing else; the others may be the rate of an EMG as well.
FRAME_RATE_NAMES = (
    "framerate", "fps", "framespersecond", "framehz", "imagerate", "volumerate",
)  # fmt: skip
GENERAL_RATE_NAMES = ("fs", "samplingrate", "samplingfrequency", "samplerate", "samplefrequency")
DEPTH_NAMES = ("dz", "axialspacing", "spacingz", "pixelsizez", "deltaz")
LATERAL_NAMES = ("dx", "lateralspacing", "spacingx", "pixelsizex", "deltax")
SPACING_NAMES = ("spacing", "pixelsize", "pixelspacing")
AXES_NAMES = ("axes", "axisorder", "dimensionorder")
KIND_NAMES = ("kind", "quantity")
FIRST_FRAME_NAMES = ("firstframe",)
UNIT_NAMES = ("unit", "units")
TIME_NAMES = ("time", "times", "timestamps", "timestamp", "timevector", "t")
CENTER_NAMES = ("centerfrequency", "centrefrequency", "fc", "f0")
DEMODULATION_NAMES = ("demodulationfrequency", "fdemod")
SCALE_NAMES = ("scalefactor", "rescaleslope", "conversion")
OFFSET_NAMES = ("addoffset", "rescaleintercept", "offset")
FILL_NAMES = ("fillvalue", "missingvalue")
SOUND_NAMES = ("soundspeed", "speedofsound", "c0")


def plain(name: str) -> str:
    """A name without case, underscores, blanks and dashes, for comparing."""
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "")
