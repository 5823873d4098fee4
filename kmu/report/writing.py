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
        figure: PNG, PDF or SVG.
        page: HTML.
        exports: keys of ``kmu.writing.FORMATS``, written beside ``result``.
    """

    result: Path
    figure: Path
    page: Path
    exports: tuple[str, ...] = ()

    @classmethod
    def beside(
        cls,
        result: Path,
        figure: Path | None = None,
        page: Path | None = None,
        exports: Sequence[str] = (),
    ) -> "Outputs":
        """Files named after the result where no other name is given."""
        return cls(
            result,
            figure or result.with_suffix(".png"),
            page or result.with_suffix(".html"),
            tuple(exports),
        )

    @property
    def paths(self) -> list[Path]:
        """All files that will be written."""
        exported = [path for form in self.exports for path in written_paths(self.result, form)]
        return [self.result, self.figure, self.page, *exported]

    def check(self, inputs: Sequence[Path | None] = ()) -> None:
        """Refuses what would fail only after all the work is done.

        Args:
            inputs: files that must not be written over.

        Raises:
            InputError: if a name cannot be written, or is an input or another output's.
        """
        if self.result.suffix not in (".h5", ".hdf5"):
            raise InputError(f"{self.result}: the result is HDF5, so its name must end in .h5")
        check_figure_name(self.figure)
        if "nwb" in self.exports and find_spec("pynwb") is None:
            raise InputError("NWB files need pynwb: pip install 'kmu[nwb]'")
        check_outputs(self.paths, inputs)


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
    units, columns, coarse = analysis.units, analysis.columns, analysis.coarse
    made = units.provenance
    emg = {} if analysis.emg_territory is None else {"territory": analysis.emg_territory}
    told = facts(made)
    if analysis.dropped:
        told["dropped"] = f"{analysis.dropped} units below the least quality"
    write_native(
        units,
        outputs.result,
        columns,
        emg,
        {"power": analysis.power},
        recording=made["source"]["file"],
        model=made["model"]["name"],
    )
    draw_overview(overview(analysis.power, units), outputs.figure)
    report = Report(
        title=made["source"]["file"] or outputs.result.name,
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
        result=outputs.result.name,
    )
    write_page(report, outputs.page)
    exported = [write_result(units, outputs.result, form, columns) for form in outputs.exports]
    return [outputs.result, outputs.figure, outputs.page, *exported]
