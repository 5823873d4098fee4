"""What a file is that is no recording, told by its first bytes, and the way out."""

import struct
import zlib
from collections.abc import Iterable

_TEXT = bytes([9, 10, 13, *range(32, 127)])
_OCTAVE = b"# Created by Octave", b"Octave-1-"
_GZIP = b"\x1f\x8b"
_CONVERT = "save it as .mat (-v7 or -v7.3), .npy or HDF5"
# The first bytes, what they mean, and what to do.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer, not the data: run git lfs pull"),
    (_OCTAVE[0], "in Octave's text format: save it there with -v7 or -hdf5"),
    (_OCTAVE[1], "in Octave's binary format: save it there with -v7 or -hdf5"),
    (_GZIP, "compressed with gzip: unpack it (gunzip) and give the file"),
    (b"BZh", "compressed with bzip2: unpack it (bunzip2) and give the file"),
    (b"\xfd7zXZ\x00", "compressed with xz: unpack it (unxz) and give the file"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard: unpack it (unzstd) and give the file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it and give the file"),
    (b"Rar!", "a RAR archive: unpack it and give the file"),
    (b"CDF\x01", "netCDF of version 3: make it version 4 (nccopy -k nc4)"),
    (b"CDF\x02", "netCDF of version 3: make it version 4 (nccopy -k nc4)"),
    (b"CDF\x05", "netCDF of version 3: make it version 4 (nccopy -k nc4)"),
    (b"%PDF", "a PDF document, no recording"),
    (b"\x89PNG", f"a PNG picture: {_CONVERT}"),
    (b"\xff\xd8\xff", f"a JPEG picture: {_CONVERT}"),
    (b"II*\x00", f"a TIFF picture: {_CONVERT}"),
    (b"MM\x00*", f"a TIFF picture: {_CONVERT}"),
    (b"RIFF", f"a film or sound file (RIFF): {_CONVERT}"),
    (b"II+\x00", f"a TIFF picture: {_CONVERT}"),
    *(
        (b"\x80" + bytes([k]), f"a pickle of Python, which kmu does not open: {_CONVERT}")
        for k in (2, 3, 4, 5)
    ),
    (b"/annex/objects/", "a pointer of git-annex, not the data: run git annex get"),
    (b"../.git/annex/objects", "a pointer of git-annex, not the data: run git annex get"),
    (b"\x0e\x03\x13\x01", f"HDF of version 4: {_CONVERT}"),
    (b"SQLite format 3", "an SQLite database, no recording"),
    (b"\x00\x05\x16\x07", "a shadow file of macOS (its name begins with ._), not the data"),
    (b"PAR1", f"a Parquet table, no recording: {_CONVERT}"),
)


def is_text(head: bytes) -> bool:
    """Whether the first bytes are all letters, digits and the like; a MATLAB file's are not."""
    return bool(head) and not head.startswith(b"MATLAB") and not head.translate(None, _TEXT)


_ZARR = "zarr.json", ".zarray", ".zgroup"


def foreign_folder(names: Iterable[str]) -> str | None:
    """What a folder, or an archive of one, is that cannot be read; None if nothing is recognised.

    Args:
        names: of what is in it.
    """
    if any(name.rpartition("/")[2] in _ZARR for name in names):
        return f"a Zarr store, which kmu does not read: {_CONVERT}"
    return None


def foreign(head: bytes) -> str | None:
    """What a file is that cannot be read, and what to do; None if nothing is recognised.

    Args:
        head: its first bytes, some hundreds.
    """
    inside = _unpacked(head) if head.startswith(_GZIP) else b""
    if inside.startswith(_OCTAVE):  # save -zip
        return f"compressed with gzip, and inside {foreign(inside)}"
    for signature, meaning in _SIGNATURES:
        if head.startswith(signature):
            return meaning
    text = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page (perhaps one that asks to log in), not the data: download it anew"
    if text.startswith(b"<?xml"):
        return "an XML document, no recording"
    if head[4:8] == b"ftyp":
        return f"a film (MP4): {_CONVERT}"
    if head[344:347] in (b"n+1", b"ni1"):
        return f"a NIfTI image: {_CONVERT}"
    if head[128:132] == b"DICM":
        return f"a DICOM file: {_CONVERT}"
    if head[257:262] == b"ustar":
        return "a tar archive: unpack it and give the file"
    if _is_matlab4(head):
        return (
            "a MATLAB file of version 4, which has arrays of two axes only: save it with -v7 or "
            "-v7.3"
        )
    if len(head) > 128 and not head[:512].strip(b"\0"):
        return "full of zeros: its transfer or saving was broken off"
    return None


def _unpacked(head: bytes) -> bytes:
    """The first bytes of what gzip has packed; none if it is damaged."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 512)
    except zlib.error:
        return b""


def _is_matlab4(head: bytes) -> bool:
    """Level 4 begins with MOPT (digits), rows, columns, imaginary flag and length of the name."""
    if len(head) < 20:
        return False
    for order in "<>":
        kind, rows, columns, imaginary, length = struct.unpack(order + "5i", head[:20])
        digits = kind in range(5000) and kind // 1000 in (0, 1) and kind % 10 in (0, 1, 2)
        if digits and rows >= 0 and columns >= 0 and imaginary in (0, 1) and 1 < length < 64:
            name = head[20 : 20 + length]
            return name.endswith(b"\0") and name[:-1].replace(b"_", b"").isalnum()
    return False
