"""Where a benchmark's recordings come from: a simulator, the stress suite, a folder with truth."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py

from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import ENDINGS, Recording, open_hdf5
from kmu.stress import FAMILIES, make_recording

STRESS = "stress"
OWN, FOREIGN, FILES = "own simulator", "foreign simulator", "files"
"""Where the truth of a family comes from."""
_TRUTH = ".truth.h5"
Reader = Callable[[Path], Recording]


@dataclass(frozen=True)
class Family:
    """Recordings of one kind, each with its truth, by index.

    Attributes:
        name: as tables call it.
        count: how many.
        first_seed: of the simulator; the recording of index i has this plus i.
        folder: where the files are, None for the simulator.
        read: reads a recording from such a file.
        simulation: what the simulator is told if it is not the preset of that name.
        stress: of the stress suite, the family's name there.
    """

    name: str
    count: int
    first_seed: int = 0
    folder: Path | None = None
    read: Reader = Recording.load
    simulation: SimulationConfig | None = None
    stress: str = ""

    @property
    def source(self) -> str | int:
        """What tells these recordings from others of the same name."""
        if self.stress:
            return STRESS
        return str(self.folder.resolve()) if self.folder else self.first_seed

    def load(self, index: int) -> tuple[Recording, MotorUnits]:
        """The recording of an index and its true units."""
        if self.stress:
            return make_recording(self.stress, index)
        if self.folder is None:
            from kmu.simulation import simulate

            return simulate(self.simulation or self.name, seed=self.first_seed + index)
        path, truth_path = self.files()[index]
        return self.read(path), MotorUnits.load(truth_path)

    def label(self, index: int) -> str:
        """What a recording is called: its seed, index or file name."""
        if self.stress:
            return f"index {index}"
        if self.folder is None:
            return f"seed {self.first_seed + index}"
        return self.files()[index][0].name

    def files(self) -> list[tuple[Path, Path]]:
        """(recording, truth) of a folder, by name."""
        assert self.folder is not None
        return pairs_with_truth(self.folder)


def family(name: str, count: int, first_seed: int, read: Reader = Recording.load) -> Family:
    """The family of a name: a preset of the simulator, or a folder.

    Args:
        name: a preset, or the path of a folder that holds pairs NAME.* and NAME.truth.h5.
        count: recordings, at most.
        first_seed: of a preset.
        read: reads the recordings of a folder.

    Raises:
        InputError: if there is neither, or the folder has no recording with truth.
    """
    if name in SIMULATION_PRESETS:
        return Family(name, count, first_seed)
    folder = Path(name)
    if not folder.is_dir():
        raise InputError(
            f"{name} is neither a family ({', '.join(SIMULATION_PRESETS)}) nor a folder"
        )
    made = Family(folder.resolve().name, 0, folder=folder, read=read)
    files = made.files()
    if not files:
        raise InputError(f"{name} holds no recording with its truth: NAME.h5 and NAME{_TRUTH}")
    return dataclasses.replace(made, count=min(count, len(files)))


def families_of(
    name: str, count: int, first_seed: int, read: Reader = Recording.load
) -> list[Family]:
    """The families that a benchmark's name stands for.

    Only a benchmark knows the stress suite: :func:`family`, by which methods are tuned, does not.

    Args:
        name: ``stress`` for the whole suite, ``stress/plain`` for one of its families, or what
            :func:`family` takes.
        count: recordings of each, at most.
        first_seed: of a preset.
        read: reads the recordings of a folder.

    Raises:
        InputError: if there is no such family.
    """
    suite, _, part = name.partition("/")
    if suite != STRESS:
        return [family(name, count, first_seed, read)]
    if part and part not in FAMILIES:
        raise InputError(
            f"{name} is no family of the stress suite; choose from {', '.join(FAMILIES)}"
        )
    return [Family(f"{STRESS}/{one}", count, stress=one) for one in ([part] if part else FAMILIES)]


def origin_of(name: str) -> str:
    """Where the truth of a family comes from, by the name that tables call it."""
    if name.startswith(f"{STRESS}/"):
        return FOREIGN
    return OWN if name in SIMULATION_PRESETS else FILES


def pairs_with_truth(folder: Path) -> list[tuple[Path, Path]]:
    """Every (NAME.*, NAME.truth.h5) of a folder, by name.

    NAME is taken literally and whole: ``trial.filtered.mat`` is no recording of
    ``trial.truth.h5``. A result of kmu beside a recording, ``trial.h5``, is none either.

    Raises:
        InputError: if there are several recordings of one name.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    pairs = []
    for truth in files:
        if not truth.name.endswith(_TRUTH):
            continue
        stem = truth.name.removesuffix(_TRUTH)
        named = [path for path in files if path.stem == stem and path.suffix in ENDINGS]
        recordings = [path for path in named if not _holds_units(path)]
        if len(recordings) > 1:
            names = " or ".join(path.name for path in recordings)
            raise InputError(f"{truth}: is it the truth of {names}? Keep one of them in its folder")
        pairs += [(path, truth) for path in recordings]
    return pairs


def recordings_without_truth(folder: Path) -> list[Path]:
    """The recordings of a folder that :func:`pairs_with_truth` leaves out, by name."""
    paired = {recording for recording, _ in pairs_with_truth(folder)}
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in ENDINGS
        and path.is_file()
        and path.name[0] != "."
        and path not in paired
        and not _holds_units(path)
    ]


def _holds_units(path: Path) -> bool:
    """Whether a file is a result or truth of kmu."""
    if path.suffix not in (".h5", ".hdf5") or not h5py.is_hdf5(path):
        return False
    with open_hdf5(path) as file:
        return file.attrs.get("kind") == "motor_units" or "firing_count" in file
