"""Run kmu and the methods of the field on the same recordings and print one table.

The scores of every recording are kept in the --out folder: a run that was stopped goes on where
it stood.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmu.recording import Recording

HELP = "compare methods on the same recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("--list", action="store_true", help="name the methods and families")
    parser.add_argument(
        "--methods", metavar="NAMES", help="comma-separated; all methods if left out"
    )
    parser.add_argument(
        "--families",
        metavar="NAMES",
        help="comma-separated: presets of the simulator, or folders of NAME.h5 (or .mat, .npz) "
        "with NAME.truth.h5, stress for the whole stress suite, stress/NAME for one family of it; "
        "low_force,moderate,dense,paper,speckle if left out",
    )
    parser.add_argument("--count", type=int, metavar="N", help="recordings of each family (100)")
    parser.add_argument("--model", default="", help="model of the method kmu (name or folder)")
    parser.add_argument("--axes", help="axes of the files of a folder, a permutation of zxt")
    parser.add_argument("--jobs", type=int, metavar="N", help="parallel processes (1)")
    parser.add_argument(
        "--out", default="runs/benchmark", metavar="DIR", help="folder of the scores and figures"
    )
    parser.add_argument("--json", metavar="FILE", help="also write the result to this file")


def run(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; prints the table; writes JSON, CSV and figures."""
    import functools

    from kmu.config.benchmark import BenchmarkConfig
    from kmu.config.simulation import SIMULATION_PRESETS
    from kmu.evaluation.benchmark import run_benchmark
    from kmu.evaluation.bounds import BOUNDS
    from kmu.evaluation.families import families_of
    from kmu.evaluation.figures import write_figures
    from kmu.evaluation.methods import descriptions
    from kmu.evaluation.table import table_text, write_csv, write_json
    from kmu.files import check_outputs
    from kmu.stress import FAMILIES

    if arguments.list:
        print("methods:")
        for name, description in descriptions().items():
            print(f"  {name:<15} {description}")
        print("what is attainable, only run if named:")
        for name, description in BOUNDS.items():
            print(f"  {name:<17} {description}")
        print("families:", ", ".join(SIMULATION_PRESETS), "or a folder of recordings with truth")
        print("families of the stress suite, stress for all of them:")
        for name, (description, _) in FAMILIES.items():
            print(f"  stress/{name:<12} {description}")
        return 0
    defaults = BenchmarkConfig()
    chosen = {
        "methods": _names(arguments.methods) or tuple(descriptions()),
        "families": _families(arguments.families)
        or ("low_force", "moderate", "dense", "paper", "speckle"),
        "count": defaults.count if arguments.count is None else arguments.count,
        "jobs": defaults.jobs if arguments.jobs is None else arguments.jobs,
        "model": arguments.model,
    }
    config = defaults.replace(**chosen)
    reader = functools.partial(_read, axes=arguments.axes)
    families = [
        made
        for name in config.families
        for made in families_of(name, config.count, config.first_seed, reader)
    ]
    folder = Path(arguments.out)
    inputs = [path for one in families if one.folder for pair in one.files() for path in pair]
    outputs = [folder / "benchmark.json", folder / "benchmark.csv", arguments.json]
    check_outputs(outputs, [*inputs, arguments.model or None])
    result = run_benchmark(config, families, folder)
    print(table_text(result))
    write_json(result, folder / "benchmark.json")
    write_csv(result, folder / "benchmark.csv")
    write_figures(result, folder)
    if arguments.json:
        write_json(result, Path(arguments.json))
    print(f"JSON, CSV and figures: {folder}")
    return 0


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()


def _families(text: str | None) -> tuple[str, ...]:
    """Names of families; a folder may have a comma in its name."""
    return (text,) if text and Path(text).is_dir() else _names(text)


def _read(path: Path, axes: str | None) -> "Recording":
    """Reads a recording of a folder, in whatever format it is."""
    from kmu.reading import read

    return read(path, axes=axes)
