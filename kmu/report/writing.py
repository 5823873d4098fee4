"""Everything that is written of one result: HDF5, figure, page and exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kmu.analysis.looking import look
from kmu.analysis.pipeline import Analysis
from kmu.analysis.provenance import facts
from kmu.errors import InputError
from kmu.files import check_outputs
from kmu.identification.pipeline import at_rate
from kmu.report.overview import check_figure_name, draw_overview, overview
from kmu.report.page import Report, write_page
from kmu.writing import write_result, written_paths
from kmu.writing.native import write_native


@dataclass(frozen=True)
class Outputs:
    """The files of one result.

    Attributes:
        result: HDF5, the native format.
        figure: PNG, PDF or SVG; None: none.
        page: HTML; None: none.
        exports: keys of ``kmu.writing.FORMATS``, written beside ``result``.
    """

    result: Path
    figure: Path | None = None
    page: Path | None = None
    exports: tuple[str, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """All files that will be written."""
        exported = [path for form in self.exports for path in written_paths(self.result, form)]
        return [self.result, *(one for one in (self.figure, self.page) if one), *exported]

    def check(self, inputs: Sequence[Path | None] = ()) -> None:
        """Refuses what would fail only after all the work is done.

        Args:
            inputs: files that must not be written over.

        Raises:
            InputError: if a name cannot be written, or is an input or another output's.
        """
        self.check_names()
        check_outputs(self.paths, inputs)

    def check_names(self) -> None:
        """Refuses endings that cannot be written, and formats whose library is missing.

        Raises:
            InputError: if there is one.
        """
        if self.result.suffix not in (".h5", ".hdf5"):
            raise InputError(f"{self.result}: the result is HDF5, so its name must end in .h5")
        if self.figure is not None:
            check_figure_name(self.figure)
        if "nwb" in self.exports and find_spec("pynwb") is None:
            raise InputError("NWB files need pynwb: pip install 'kmu[nwb]'")


def write_all(analysis: Analysis, outputs: Outputs) -> list[Path]:
    """Writes result, figure, page and exports.

    Args:
        analysis: from ``kmu.analyse``.
        outputs: where to.

    Returns:
        The paths, the result first.

    Raises:
        InputError: if a file cannot be written.
    """
    units, columns = analysis.units, analysis.columns
    made = units.provenance
    emg = {} if analysis.emg_territory is None else {"territory": analysis.emg_territory}
    write_native(
        units,
        outputs.result,
        columns,
        emg,
        analysis.images,
        recording=made["source"]["file"],
        model=made["model"]["name"],
    )
    if outputs.figure is not None:
        draw_overview(overview(analysis.power, units), outputs.figure)
    if outputs.page is not None:
        write_page(_report(analysis, outputs.result.name), outputs.page)
    for form in outputs.exports:
        write_result(units, outputs.result, form, columns)
    return [path for path in outputs.paths if path.exists()]


def _report(analysis: Analysis, result: str) -> Report:
    """What the page shows of an analysis whose HDF5 file is called ``result``."""
    units, coarse = analysis.units, analysis.coarse
    made = units.provenance
    told = facts(made)
    if analysis.dropped:
        told["dropped"] = f"{analysis.dropped} units below the least quality"
    return Report(
        title=made["source"]["file"] or result,
        facts=told,
        units=units,
        power=analysis.power,
        quality=analysis.quality,
        flags=analysis.flags,
        measures=analysis.measures,
        warnings=made["warnings"],
        emg=analysis.emg,
        emg_units=analysis.emg_units,
        emg_territory=analysis.emg_territory,
        emg_rates=analysis.emg_rates,
        look=None
        if coarse is None
        else look(at_rate(units, coarse.frame_rate, coarse.shape[0]), coarse),
        result=result,
    )
