"""HDF5 files: MATLAB v7.3, kmu's own recordings, and plain ones."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.reading import dimensions, matlab_objects, octave, pairs
from kmu.reading import names as known
from kmu.reading.contents import Contents, Variable, complex_fields, damaged
from kmu.reading.hdf5_array import ArrayReader, missing_filters
from kmu.reading.hdf5_values import as_name, attributes, letters, matlab_class, texts, texts_behind
from kmu.reading.names import plain
from kmu.reading.unheard import PICKLED
from kmu.recording import FORMAT_VERSION, check_format, open_hdf5

FORMAT = "an HDF5 file"
MATLAB_FORMAT = "a MATLAB file (version 7.3)"
OCTAVE_FORMAT = "an HDF5 file of Octave"
KMU_FORMAT = "a kmu recording"
KMU_IQ_FORMAT = "IQ frames simulated by kmu"
# Cells and texts of more elements than this are no statements about a recording.
_MOST_ELEMENTS = 4096
# What PyTables, and with it pandas, calls objects of Python in an array of bytes.
_PICKLES = ("object", b"object")
_INDEXES = ("TINDEX", b"TINDEX")  # what it finds rows of a table by
# What a group may say, as an attribute, of the arrays in it.
_SAID_BY_GROUPS = {
    *known.FRAME_RATE_NAMES, *known.GENERAL_RATE_NAMES, *known.DEPTH_NAMES, *known.LATERAL_NAMES,
    *known.SPACING_NAMES, *known.AXES_NAMES, *known.KIND_NAMES, *known.UNIT_NAMES,
    *known.CENTER_NAMES, *known.SOUND_NAMES, *known.PERIOD_NAMES, *known.PERHAPS_KIND_NAMES,
    *known.LATERAL_FIRST_NAMES, *known.DEPTH_FIRST_NAMES,
}  # fmt: skip
_SCALES = {*known.SCALE_NAMES, *known.OFFSET_NAMES}


def contents(path: Path) -> Contents:
    """Lists the arrays of an HDF5 file, groups (MATLAB structs) and cells at any depth included.

    MATLAB stores an array column by column, so HDF5 shows its axes reversed. For MATLAB files
    shapes and slices are turned back: they are what ``size`` shows in MATLAB.

    Raises:
        InputError: if the file is damaged.
    """
    file = open_hdf5(path)
    with damaged(path, FORMAT):
        of_octave = octave.is_octave(file)
        matlab = of_octave or _is_matlab(path, file)
        listing = _Listing(path, file, matlab)
        listing.group(file, "")
        notes = attributes(file)
    form = OCTAVE_FORMAT if of_octave else MATLAB_FORMAT if matlab else FORMAT
    if notes.get("kind") == "recording":
        check_format(file, path, FORMAT_VERSION)
        form = KMU_FORMAT
        # What ``meta`` says is of the file that it was read from.
        notes = {name: value for name, value in notes.items() if name != "meta"}
        notes = {"axes": "tzx", **notes, "kind": "velocity", "unit": "mm/s"}
    elif notes.get("kind") == "iq" and "format_version" in notes:
        form, notes = KMU_IQ_FORMAT, {"axes": "tzx", **notes}
    return Contents(path, form, listing.variables, notes, listing.unreadable)


def _speaks_of_arrays(name: str, value: Any) -> bool:
    """Whether an attribute of a group says something of the arrays in it."""
    if known.meant(name, tuple(_SAID_BY_GROUPS)) is not None or "unit" in name.casefold():
        return True
    if set(known.words(name)) & set(known.SCALE_WORDS) or plain(name) in _SCALES:
        return True
    return isinstance(value, str | bytes | np.ndarray) and bool(pairs.entries(value))


def _is_matlab(path: Path, file: h5py.File) -> bool:
    with path.open("rb") as raw:
        if raw.read(10) == b"MATLAB 7.3":
            return True
    if path.suffix.casefold() == ".mat":
        return True
    return any(
        "MATLAB_class" in file[name].attrs
        for name in file
        if file.get(name, getlink=True).__class__ is h5py.HardLink
    )


@dataclass
class _Listing:
    """Walks through a file and lists what it meets."""

    path: Path
    file: h5py.File
    matlab: bool
    variables: list[Variable] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    seen: set[Any] = field(default_factory=set)
    objects: matlab_objects.Hdf5Objects | None = None

    def group(self, group: h5py.Group, prefix: str) -> None:
        """The members of a group; one that a link leads back to is not listed again."""
        place = h5py.h5o.get_info(group.id)
        if (place.fileno, place.addr) in self.seen:
            return
        self.seen.add((place.fileno, place.addr))
        if prefix and not self.matlab:
            for name, value in attributes(group).items():
                if _speaks_of_arrays(name, value):
                    self._constant(f"{prefix}{name}", texts(np.asarray(value)))
        for key in group:
            name = as_name(key)
            if self.matlab and name.startswith("#"):
                continue  # where MATLAB keeps the elements of cells
            try:
                item = group[key]
            except (KeyError, OSError):
                self.unreadable[f"{prefix}{name}"] = "link that leads nowhere"
                continue
            self._item(item, f"{prefix}{name}", struct=self.matlab and bool(prefix))

    def _item(self, item: Any, label: str, struct: bool = False) -> None:
        if octave.is_value(item):
            self._octave(item, label)
        elif isinstance(item, h5py.Group) and item.attrs.get("CLASS") not in _INDEXES:
            if "MATLAB_object_decode" in item.attrs:
                self._object(item, label)
            else:
                self.group(item, f"{label}{'.' if self.matlab else '/'}")
        elif isinstance(item, h5py.Dataset):
            self._dataset(item, label, struct)

    def _dataset(self, item: h5py.Dataset, label: str, struct: bool) -> None:
        kind = matlab_class(item)
        is_text = h5py.check_string_dtype(item.dtype) is not None
        if h5py.check_ref_dtype(item.dtype) is h5py.Reference:
            self._references(item, label, kind, struct)
        elif item.attrs.get("PSEUDOATOM") in _PICKLES:
            self.unreadable[label] = PICKLED
        elif "MATLAB_object_decode" in item.attrs and kind not in ("logical", "char"):
            self._object(item, label)
        elif dimensions.is_length_alone(item):
            pass  # zeros that nobody has written
        elif item.shape is None:
            self.unreadable[label] = "empty dataset"
        elif kind == "char" and item.dtype.kind == "u" and "MATLAB_empty" in item.attrs:
            self.unreadable[label] = "empty char"
        elif kind == "char" and item.dtype.kind == "u" and item.size < _MOST_ELEMENTS:
            self._constant(label, letters(self._reader(item)(_all(item))))
        elif self.matlab and "MATLAB_empty" in item.attrs:
            self.unreadable[label] = f"empty {kind or 'array'}"
        elif (pair := complex_fields(item.dtype)) is not None:
            self._array(item, label, pair)
        elif item.dtype.names and item.size == 1 and not self.matlab:
            record = np.ravel(item[()])[0]  # a table of one row
            for name in item.dtype.names:
                if (value := np.asarray(record[name])).dtype.kind in "fiuOS":
                    self._constant(f"{label}/{name}", texts(value))
        elif item.dtype.kind == "V" and not item.dtype.names and item.size == 1:
            self._constant(label, texts(np.asarray(item[()])))
        elif item.dtype.kind in "fiucb":
            self._array(item, label)
        elif is_text and item.size <= _MOST_ELEMENTS and not missing_filters(item):
            self._constant(label, texts(np.asarray(item[()])))
        else:
            self.unreadable[label] = "text" if is_text else str(kind or item.dtype)

    def _octave(self, item: h5py.Group, label: str) -> None:
        kind, value = octave.kind(item), item["value"]
        if octave.is_empty(item):
            self.unreadable[label] = f"empty {kind}"
        elif (values := octave.constant(item)) is not None:
            self._constant(label, values)
        elif kind in ("cell", "struct", "scalar struct"):
            for name, part in octave.parts(item):
                self._item(part, f"{label}{name}")
        elif isinstance(value, h5py.Dataset):
            self._dataset(value, label, struct=False)
        else:
            self.unreadable[label] = f"Octave {kind}"

    def _object(self, item: h5py.Dataset | h5py.Group, label: str) -> None:
        if self.objects is None:
            self.objects = matlab_objects.Hdf5Objects(self.file)
        inside = matlab_objects.parts(label, self.objects(item))
        if inside is None:
            self.unreadable[label] = matlab_objects.described(matlab_class(item))
            return
        for name, values, said in inside:
            self._constant(name, values, said)

    def _references(self, item: h5py.Dataset, label: str, kind: str, struct: bool) -> None:
        """The elements of a cell, ``c{2}``, or of a field of a struct array, ``s(2).f``."""
        if item.shape is None or item.size > _MOST_ELEMENTS:
            self.unreadable[label] = "references"
            return
        if (words := texts_behind(item)) is not None:
            self._constant(label, words)
            return
        head, _, name = label.rpartition(".")
        of_struct = struct and kind != "cell" and bool(head)
        for i, reference in enumerate(np.ravel(item[()]), 1):
            part = f"{head}({i}).{name}" if of_struct else f"{label}{{{i}}}"
            if reference:
                self._item(self.file[reference], part)
            else:
                self.unreadable[part] = "empty reference"

    def _constant(
        self, label: str, values: NDArray[Any], said: dict[str, str] | None = None
    ) -> None:
        read = values.__getitem__
        self.variables.append(Variable(label, values.shape, values.dtype, read, said or {}))

    def _reader(self, item: h5py.Dataset) -> ArrayReader:
        return ArrayReader(item, self.path, MATLAB_FORMAT if self.matlab else FORMAT)

    def _array(self, item: h5py.Dataset, label: str, pair: tuple[str, ...] = ()) -> None:
        matlab, stored = self.matlab, self._reader(item)
        shape = item.shape[::-1] if matlab else item.shape
        dtype = np.result_type(item.dtype[pair[0]], np.complex64) if pair else item.dtype

        def read(index: tuple[slice, ...]) -> NDArray[Any]:
            values = stored(index[::-1] if matlab else index)
            if pair:
                values = (values[pair[0]] + 1j * values[pair[1]]).astype(dtype)
            return values.T if matlab else values

        said, places = ({}, {}) if matlab else dimensions.stated(item)
        own = {**said, **attributes(item)}
        self.variables.append(Variable(label, tuple(shape), dtype, read, own, places))


def _all(item: h5py.Dataset) -> tuple[slice, ...]:
    return tuple(slice(None) for _ in item.shape)
