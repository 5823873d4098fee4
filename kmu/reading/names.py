"""Names under which files keep what they say of a recording."""

import re

# Names under which labs keep these numbers, compared without case and underscores.
# The first ones mean images and nothing else; the others may be the rate of an EMG as well.
FRAME_RATE_NAMES = (
    "framerate", "fps", "framespersecond", "framespersec", "framehz", "framefrequency", "imagerate",
    "imagingrate", "volumerate",
)  # fmt: skip
# The time from one frame to the next.
PERIOD_NAMES = (
    "dt", "deltat", "timestep", "frameperiod", "frameinterval", "frametime", "frameduration",
    "samplingperiod", "sampleperiod", "samplinginterval", "sampleinterval",
)  # fmt: skip
GENERAL_RATE_NAMES = ("fs", "samplingrate", "samplingfrequency", "samplerate", "samplefrequency")
DEPTH_NAMES = ("dz", "axialspacing", "spacingz", "pixelsizez", "deltaz")
LATERAL_NAMES = ("dx", "lateralspacing", "spacingx", "pixelsizex", "deltax")
SPACING_NAMES = ("spacing", "pixelsize", "pixelspacing")
# Pairs whose name says their order, and what says it of a pair beside it.
LATERAL_FIRST_NAMES = tuple(f"{name}xz" for name in SPACING_NAMES)
DEPTH_FIRST_NAMES = tuple(f"{name}zx" for name in SPACING_NAMES)
ORDER_OF_PAIR = ("order", "axes", "dims", "dimensions", "names", "labels")
AXES_NAMES = ("axes", "axisorder", "dimensionorder")
# These may as well be sizes; only where they are texts do they name the axes.
DIMENSION_NAMES = (
    "dims", "dimensions", "dimorder", "dimnames", "dimensionnames", "axisnames", "axislabels",
    "arraydimensions", "dimensionlabels",
)  # fmt: skip
DEPTH_POSITION_NAMES = ("z", "zaxis", "zpositions", "depth", "depths", "depthaxis", "axial")
LATERAL_POSITION_NAMES = ("x", "xaxis", "xpositions", "lateral", "lateralaxis", "width")
KIND_NAMES = ("kind", "quantity")
FIRST_FRAME_NAMES = ("firstframe",)
UNIT_NAMES = ("unit", "units")
# These speak of much else than the kind of the values.
PERHAPS_KIND_NAMES = (
    "type", "datatype", "signaltype", "valuetype", "standardname", "signal", "content", "contents",
    "measurement", "measure", "imagetype", "modality", "longname", "title",
)  # fmt: skip
TIME_NAMES = (
    "time", "times", "timestamps", "timestamp", "timevector", "timevec", "tvec", "timeaxis",
    "taxis", "frametimes", "frametime", "t",
)  # fmt: skip
CENTER_NAMES = ("centerfrequency", "centrefrequency", "fc", "f0")
DEMODULATION_NAMES = ("demodulationfrequency", "fdemod")
SCALE_NAMES = ("scalefactor", "rescaleslope", "conversion", "slope", "lsb", "sclslope")
OFFSET_NAMES = ("addoffset", "rescaleintercept", "offset", "intercept", "sclinter")
# Words in names that speak of a scale, but do not say whether to multiply, divide or ignore.
SCALE_WORDS = (
    "scale", "scaling", "gain", "lsb", "slope", "factor", "multiplier", "calibration", "quantum",
    "resolution", "count", "counts", "conversion", "step", "divisor", "divider", "denominator",
    "vmax", "velmax", "nyquist", "vnyq", "aliasing", "fullscale", "bits", "shift", "exponent",
)  # fmt: skip
OFFSET_WORDS = ("zeropoint", "zero", "bias", "baseline", "offset", "intercept")
# Words in the names of what holds statements of any kind.
META_WORDS = {
    "meta", "metadata", "param", "params", "parameter", "parameters", "info", "information",
    "header", "hdr", "setting", "settings", "setup", "config", "configuration", "acquisition",
    "acq", "attributes", "attrs", "properties", "scan", "scanner", "probe", "description",
}  # fmt: skip
UNSIGNED_NAMES = ("unsigned",)
FILL_NAMES = ("fillvalue", "missingvalue")
SOUND_NAMES = ("soundspeed", "speedofsound", "c0")


def plain(name: str) -> str:
    """A name without case, underscores, blanks and dashes, for comparing."""
    return name.casefold().replace("_", "").replace(" ", "").replace("-", "")


# Units at the end of a name: frame_rate_hz, dz_mm, "time (ms)", FrameRateHz.
_UNIT_AT_END = re.compile(
    r"(?P<name>.+?)(?:[_ ]+[\[(]?|[\[(]|(?<=[a-z])(?=[A-Zkm]*Hz$))"
    r"(?P<unit>[kmg]?hz|fps|[nuµμmc]?m(?:_?/?s)?|[nuµμm]?s|sec|seconds)[\])]?",
    re.I,
)


def meant(label: str, names: tuple[str, ...]) -> str | None:
    """None if a label is none of ``names``; else the unit at its end, "" if there is none."""
    label = bare(label)
    if plain(label) in names:
        return ""
    parts = _UNIT_AT_END.fullmatch(label)
    return parts["unit"].replace("_", "/") if parts and plain(parts["name"]) in names else None


def bare(label: str) -> str:
    """A label without the text that it is an entry of; ``units.dz`` is ``units_dz``."""
    return re.sub(r"^(units?)[./]", r"\1_", label.rpartition(": ")[2], flags=re.I)


def unit_names(name: str) -> tuple[str, ...]:
    """Names of the unit of what is called ``name``: ``dz_unit``, ``units.dz``, in plain form."""
    own = plain(bare(name))
    return tuple(made for unit in UNIT_NAMES for made in (own + unit, unit + own, f"{unit}of{own}"))


def words(label: str) -> list[str]:
    """The words of a name such as ``tissueDisplacement_um``, without case."""
    found = re.findall(r"[A-Z]?[a-zµμ]+|[A-Z]+(?![a-z])", label)
    return [word.casefold() for word in found]
