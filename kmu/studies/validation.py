"""Simulated beside measured: the table of the simulator's documentation.

``python -m kmu.studies.validation`` simulates 1 000 motor units and prints it as Markdown.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.simulation import SIMULATION_PRESETS
from kmu.evaluation.table import markdown
from kmu.progress import Progress
from kmu.simulation.contraction import BEFORE, Contraction, contract
from kmu.simulation.territory import rasterise
from kmu.simulation.twitch import peak_slope, shape_exponent, twitch

_STEP = 0.2  # mm, of the grid on which territories are measured
_SECONDS = 10.0  # of contraction a unit's firings are measured in


@dataclass(frozen=True)
class Quantity:
    """One row: what is measured, and the measurement it stands beside.

    Attributes:
        name: with its unit.
        measured: mean of the measurement, or the middle of its range.
        deviation: its standard deviation, or half its range.
        source: of the measurement.
        values: simulated value of every unit of a contraction.
    """

    name: str
    measured: float
    deviation: float
    source: str
    values: Callable[[Contraction], NDArray[np.float64]]


def _masks(contraction: Contraction) -> NDArray[np.bool_]:
    low = contraction.shapes.centre.min(axis=0) - 25.0
    high = contraction.shapes.centre.max(axis=0) + 25.0
    depth, lateral = (np.arange(low[i], high[i], _STEP) for i in (0, 1))
    return np.concatenate(
        [
            rasterise(contraction.shapes.select(np.array([k])), depth, lateral)[0] >= 0.5
            for k in range(len(contraction.firings))
        ]
    )


def _widths(contraction: Contraction) -> tuple[NDArray[np.float64], ...]:
    """Area (mm2), largest and smallest calliper width (mm) of every territory."""
    angle = np.deg2rad(np.arange(0, 180, 3))
    directions = np.stack([np.sin(angle), np.cos(angle)])
    rows = []
    for mask in _masks(contraction):
        width = np.ptp(np.argwhere(mask) * _STEP @ directions, axis=0) + _STEP
        rows.append((mask.sum() * _STEP**2, width.max(), width.min()))
    area, largest, smallest = np.array(rows).T
    return area, largest, smallest


def _rates(contraction: Contraction) -> NDArray[np.float64]:
    return np.array([1 / np.diff(times).mean() for times in contraction.firings])


def _variation(contraction: Contraction) -> NDArray[np.float64]:
    gaps = [np.diff(times) for times in contraction.firings]
    return np.array([100 * gap.std() / gap.mean() for gap in gaps])


def _velocity_course(contraction: Contraction) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time to the velocity's peak in ms, and depth of its trough over height of its peak."""
    time = np.arange(0, 0.6, 5e-4)
    units = contraction.twitches
    peak, ratio = [], []
    for tc, relaxation in zip(units.contraction_time, units.relaxation_ratio, strict=True):
        course = np.gradient(twitch(time / tc, shape_exponent(relaxation)), 5e-4)
        peak.append(1e3 * time[course.argmax()])
        ratio.append(-course.min() / course.max())
    return np.array(peak), np.array(ratio)


def _height(contraction: Contraction) -> NDArray[np.float64]:
    """Displacement in mm at the top of one twitch, where the territory is 1."""
    return np.abs(contraction.twitches.height)


def _peak_velocity(contraction: Contraction) -> NDArray[np.float64]:
    units = contraction.twitches
    slope = peak_slope(shape_exponent(units.relaxation_ratio))
    return np.asarray(_height(contraction) * slope / units.contraction_time, np.float64)


_MRI = "MU-MRI, PMC7208543"
_STIMULATED = "MU-MRI of stimulated units, probably along the limb, PMC7900994"
_US = "s12938-023-01076-0"
_RAIKOVA = "Raikova model, public code"

QUANTITIES = (
    Quantity("territory area, mm²", 26.7, 11.2, _MRI, lambda c: _widths(c)[0]),
    Quantity("largest diameter, mm", 10.7, 3.3, _MRI, lambda c: _widths(c)[1]),
    Quantity("smallest diameter, mm", 4.5, 1.2, _MRI, lambda c: _widths(c)[2]),
    Quantity("firing rate, Hz (8 to 16)", 12.0, 4.0, _US, _rates),
    Quantity("ISI CoV, % (5 to 40)", 22.5, 17.5, _US, _variation),
    Quantity(
        "contraction time, ms (50 to 90)",
        70.0,
        20.0,
        _RAIKOVA,
        lambda c: 1e3 * c.twitches.contraction_time,
    ),
    Quantity(
        "time to velocity peak, ms (26 to 47)",
        36.5,
        10.5,
        _RAIKOVA,
        lambda c: _velocity_course(c)[0],
    ),
    Quantity("trough over peak", 0.515, 0.05, _RAIKOVA, lambda c: _velocity_course(c)[1]),
)

# Measured in another way and probably another direction: beside ours, but not what ours should be.
AMPLITUDES = (
    Quantity("peak velocity of one twitch, mm/s", 5.5, 2.6, _STIMULATED, _peak_velocity),
    Quantity("displacement of one twitch, mm", 0.20, 0.10, _STIMULATED, _height),
)


def simulated(count: int, family: str = "moderate") -> dict[str, NDArray[np.float64]]:
    """Values of every quantity for at least ``count`` simulated units, by its name."""
    config = SIMULATION_PRESETS[family].override(duration=_SECONDS - BEFORE)
    quantities = QUANTITIES + AMPLITUDES
    found: dict[str, list[NDArray[np.float64]]] = {item.name: [] for item in quantities}
    units = seed = 0
    with Progress("simulating units", count, "units") as progress:
        while units < count:
            streams = np.random.default_rng(seed).spawn(6)
            contraction = contract(config, (40.0, 40.0), streams)
            for item in quantities:
                found[item.name].append(item.values(contraction))
            units += len(contraction.firings)
            progress.advance(len(contraction.firings))
            seed += 1
    return {name: np.concatenate(values)[:count] for name, values in found.items()}


def active_units(forces: tuple[float, ...], muscles: int = 50) -> NDArray[np.int64]:
    """Recruited units of whole muscles against force in % MVC: (forces, muscles)."""
    counts = np.zeros((len(forces), muscles), np.int64)
    for i, force in enumerate(forces):
        config = SIMULATION_PRESETS["moderate"].override(force=force, duration=0.1)
        for seed in range(muscles):
            streams = np.random.default_rng(seed).spawn(6)
            counts[i, seed] = len(contract(config, (40.0, 40.0), streams).firings)
    return counts


def table(count: int) -> str:
    """The tables as Markdown."""
    values = simulated(count)
    heading = ("quantity", "simulated, mean ± SD", "measured, mean ± SD or middle ± half range",
               "within one deviation", "source")  # fmt: skip
    rows = []
    for item in QUANTITIES + AMPLITUDES:
        mean, deviation = values[item.name].mean(), values[item.name].std()
        within = "yes" if abs(mean - item.measured) <= item.deviation else "no"
        rows.append(
            (
                item.name,
                f"{mean:.3g} ± {deviation:.2g}",
                f"{item.measured:g} ± {item.deviation:g}",
                within,
                item.source,
            )
        )
    forces = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    counts = active_units(forces)
    active = [
        (f"{force:g}", f"{row.mean():.0f} ± {row.std():.1f}")
        for force, row in zip(forces, counts, strict=True)
    ]
    parts = (
        markdown(heading, rows, texts=5),
        markdown(("force, % MVC", "active units of 120, mean ± SD"), active, texts=2),
    )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1000, help="units to simulate")
    print(table(parser.parse_args().units))


if __name__ == "__main__":
    main()
