"""What the page says in words: the command, a paragraph for the methods, what was thinned."""

import shlex
from collections.abc import Mapping
from typing import Any

from kmu.analysis.provenance import shown
from kmu.report.page.content import SHOWN_HZ, Report


def command(made: Mapping[str, Any], result: str) -> str:
    """The command that makes a result again, from its provenance; empty if that does not tell."""
    if "source" not in made:
        return ""
    source, options = made["source"], made["options"]
    words = ["kmu", "identify", source["file"] or "FILE"]
    for name in ("variable", "axes", "kind", "unit"):
        if name in source:
            words += [f"--{name}", str(source[name])]
    for name, value in source.get("conversion", {}).items():
        words += [f"--{name.replace('_', '-')}", *([] if value is True else shown(value).split())]
    words += ["--frame-rate", f"{source['frame_rate_hz']:g}"]
    words += ["--spacing", *(f"{size:g}" for size in source["spacing_mm"])]
    words += ["--model", made["model"]["name"].split("/")[0]]
    words += ["--score-threshold", f"{made['thresholds']['score']:g}"]
    words += ["--firing-threshold", f"{made['thresholds']['firing']:g}"]
    words += ["--block-seconds", f"{options['block_seconds']:g}"]
    if options["band_hz"]:
        words += ["--band", *(f"{hertz:g}" for hertz in options["band_hz"])]
    if options["suppress_motion"] != "none":
        words += ["--suppress-motion", options["suppress_motion"]]
        words += ["--motion-order", str(options["motion_order"])]
    if options["least_quality"]:
        words += ["--min-quality", f"{options['least_quality']:g}"]
    if "emg" in made:
        emg = made["emg"]
        words += ["--firings", emg["file"], "--firings-offset", f"{emg['offset_s']:g}"]
        words += ["--firings-rate", f"{emg['rate_hz']:g}"] if emg["rate_hz"] else []
        words += ["--firings-clock", "fit"] if "emg_clock" in made else []
    return shlex.join([*words, "-o", result])


def methods(made: Mapping[str, Any], count: int) -> str:
    """A paragraph for the methods section of a paper; empty if the provenance does not tell.

    The page adds what was curated in it.
    """
    if "source" not in made:
        return ""
    source, options = made["source"], made["options"]
    frames, depth, width = source["shape"]
    rate, (dz, dx) = source["frame_rate_hz"], source["spacing_mm"]
    text = (
        f"Motor units were identified with kmu {made['kmu']} (model {made['model']['name']}, "
        f"SHA-256 {made['model']['sha256']}) from {frames / rate:.4g} s of "
        f"tissue {source.get('kind', 'velocity')} at {rate:g} frames per second in an image of "
        f"{depth * dz:.3g} mm depth and {width * dx:.3g} mm width (pixels of {dz:g} mm x {dx:g} "
        "mm). "
    )
    done = []
    if options["band_hz"]:
        done.append("band-pass filtered ({:g} to {:g} Hz, zero phase)".format(*options["band_hz"]))
    if options["suppress_motion"] != "none":
        done.append(
            f"cleared of common motion ({options['suppress_motion']} of order "
            f"{options['motion_order']})"
        )
    if done:
        text += f"Velocity was {' and '.join(done)} before. "
    text += (
        f"Units of a score of at least {made['thresholds']['score']:.3g} and firings of a "
        f"probability of at least {made['thresholds']['firing']:.3g} were kept"
    )
    if options["least_quality"]:
        text += f", and of these units of a quality of at least {options['least_quality']:g}"
    number = {0: "no motor unit was", 1: "one motor unit was"}.get(count, f"{count} units were")
    return f"{text}; {number} found."


def thinned(report: Report) -> str:
    """What the page does not show in full."""
    said = []
    if report.units.frame_rate > SHOWN_HZ:
        said.append(
            f"twitch trains at {SHOWN_HZ:g} of {report.units.frame_rate:g} samples per second"
        )
    if report.look is not None:
        _, depth, width = report.look.movie.shape
        said.append(
            f"the movie at {report.look.movie_rate:.3g} frames per second, {depth} x {width} pixels"
            f" and 255 steps of {1000 * report.look.movie_scale:.2g} µm/s"
        )
    if not said:
        return ""
    return f"Thinned for display: {'; '.join(said)}. Firings, scores and measures are exact."
