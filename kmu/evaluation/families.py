"""Where the recordings of a benchmark come from: the simulator, or a folder with truth."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

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
    """

    name: str
    count: int
    first_seed: int = 0
    folder: Path | None = None
    read: Reader = Recording.load
    simulation: SimulationConfig | None = None

    def load(self, index: int) -> tuple[Recording, MotorUnits]:
        """The recording of an index and its true units."""
        if self.folder is None:
            from kmu.simulation import simulate

            return simulate(self.simulation or self.name, seed=self.first_seed + index)
        path, truth_path = self.files()[index]
        return self.read(path), MotorUnits.load(truth_path)

    def label(self, index: int) -> str:
        """What a recording is called: its seed or file name."""
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


def pairs_with_truth(folder: Path) -> list[tuple[Path, Path]]:
    """Every (NAME.*, NAME.truth.h5) of a folder, by name."""
    pairs = []
    for truth in sorted(folder.glob(f"*{_TRUTH}")):
        stem = truth.name.removesuffix(_TRUTH)
        recordings = [
            path
            for path in sorted(folder.glob(f"{stem}.*"))
            if path != truth and path.suffix in (".h5", ".hdf5", ".mat", ".npz", ".npy")
        ]
        if recordings:
            pairs.append((recordings[0], truth))
    return pairs
