"""Series of repeated recordings, simulated and identified, in files: what tracking is judged by.

``python -m kmu.studies.series --out runs/series --first 1000 --count 50`` makes them. A run that
was stopped goes on where it stood.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmu.config.repetition import RepetitionConfig
from kmu.errors import exit_code
from kmu.identification.pipeline import coarse_copy, identify_coarse
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording
from kmu.simulation import simulate_series
from kmu.writing.native import write_native

# Every other series is of the next family.
FAMILIES = ("low_force", "moderate")
RECORDINGS = 3
SECONDS = 5.0
# Of a territory: whatever is found of a unit at the border is that unit's, and may be tracked.
LEAST_SEEN = 0.1
REPETITION = RepetitionConfig(probe_shift=3.0, probe_tilt=5.0, force_ratio=(1.0, 2.0))


@dataclass(frozen=True)
class Series:
    """One muscle, recorded several times.

    Attributes:
        folder: where its files are.
        seed: of the muscle, which also says its family.
    """

    folder: Path
    seed: int

    @property
    def family(self) -> str:
        """The family of its recordings."""
        return FAMILIES[self.seed % len(FAMILIES)]

    def path(self, number: int, kind: str) -> Path:
        """The file of recording ``number``, of kind ``units`` (found) or ``truth``."""
        return self.folder / f"{self.family}-{self.seed}.{number + 1}.{kind}.h5"

    @property
    def complete(self) -> bool:
        """Whether all its files are there."""
        return all(self.path(number, "truth").exists() for number in range(RECORDINGS))

    def recordings(self) -> Iterator[tuple[Recording, MotorUnits]]:
        """Simulates its recordings."""
        changed = {"duration": SECONDS, "least_seen": LEAST_SEEN}
        return simulate_series(self.family, self.seed, RECORDINGS, REPETITION, **changed)

    def make(self, served: ServedModel) -> None:
        """Simulates, identifies and writes; a truth stands last, for both."""
        for number, (recording, truth) in enumerate(self.recordings()):
            coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
            found = identify_coarse(coarse, served)
            force = str(recording.meta["force_percent_mvc"])
            images = {"power": coarse.power}
            write_native(found, self.path(number, "units"), {}, None, images, force=force)
            truth.save(self.path(number, "truth"))


def main(argv: Sequence[str] | None = None) -> int:
    """Makes all series that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m kmu.studies.series", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--count", type=int, default=50)
    arguments = parser.parse_args(argv)
    served = load_model()
    seeds = range(arguments.first, arguments.first + arguments.count)
    with Progress("series", len(seeds), "series") as progress:
        for seed in seeds:
            series = Series(arguments.out, seed)
            if not series.complete:
                series.make(served)
            progress.advance()
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
