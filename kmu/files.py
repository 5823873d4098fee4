"""Writing files so that nothing half-written is ever seen, and no input is written over."""

import hashlib
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kmu.errors import InputError

# A temporary file that nobody has written to for so long was left by a run that was killed.
_STALE_S = 24 * 3600.0


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` and renames it to ``path`` on success.

    On any error the temporary file is removed and an existing ``path`` stays as it was. What a
    killed run left for the same ``path`` more than a day ago is removed, too.

    Args:
        path: where the finished file goes; its folder is made if missing. A symbolic link stays,
            and what it points to is replaced.

    Yields:
        The temporary path to write to. It has the same suffix as ``path``.

    Raises:
        InputError: if the folder or file cannot be written (missing rights, full disk).
    """
    # Renaming onto a link would put the file in the link's place.
    target = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _new_file(target)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {target}: {_reason(error)}") from error
    except RuntimeError as error:
        # HDF5 tells of a full disk in its own words when it closes a file.
        if "errno" not in str(error):
            raise
        raise InputError(f"cannot write {target}: {_reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _new_file(target: Path) -> Path:
    """Makes an empty hidden file beside ``target``, with the rights that any new file has."""
    # The hash tells whose a leftover is, and keeps long names within what file systems allow.
    start = f".kmu-{hashlib.sha256(target.name.encode(errors='surrogateescape')).hexdigest()[:12]}-"
    for left in target.parent.glob(f"{start}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_S:
                left.unlink()
    temporary = target.parent / f"{start}{secrets.token_hex(6)}{target.suffix}"
    # The system takes off the umask itself: to read it, it must be changed for all threads.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return temporary


def _reason(error: OSError | RuntimeError) -> str:
    """Why the system refused, in its own few words; HDF5 hides the number in a long text."""
    hidden = re.search(r"errno = (\d+)", str(error))
    number = int(hidden[1]) if hidden else getattr(error, "errno", None)
    return os.strerror(number) if number else str(error).splitlines()[0]


def check_outputs(
    outputs: Iterable[str | os.PathLike[str] | None],
    inputs: Iterable[str | os.PathLike[str] | None] = (),
) -> None:
    """Refuses what would write over an input, or fail only after all the work is done.

    To be called by every verb before its work. Nothing is left behind: where a folder is missing,
    the one it would be made in is tried.

    Args:
        outputs: the files that will be written; None for one that was not asked for.
        inputs: what the verb was given to read; a folder stands for all files in it.

    Raises:
        InputError: if an output is an input or in an input folder and there already, two outputs
            are one file, or an output cannot be written.
    """
    given = {Path(os.path.realpath(path)): path for path in inputs if path is not None}
    known = {_identity(place) for place in given} - {None}
    seen: set[Path] = set()
    tried: set[Path] = set()
    for path in outputs:
        if path is None:
            continue
        real = Path(os.path.realpath(path))
        if real in given or _identity(real) in known:
            raise InputError(f"{path} would be written over, but it is an input: name another file")
        folder = next((given[place] for place in real.parents if place in given), None)
        if folder is not None and real.exists():
            raise InputError(
                f"{path} would be written over, but it is in the folder {folder}, which is an "
                "input: name another file"
            )
        if real in seen:
            raise InputError(f"{path} would be written twice: give every output a file of its own")
        seen.add(real)
        _try_writing(path, real, tried)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from all others, whatever it is called; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _try_writing(path: str | os.PathLike[str], real: Path, tried: set[Path]) -> None:
    """Writes an empty file into the folder of an output, or the nearest there is, and removes it.

    Rights alone do not tell: a disk may be read-only or full.
    """
    try:
        # A name that is too long fails here too.
        mode = real.stat().st_mode if real.exists() else stat.S_IFREG | stat.S_IWUSR
        if stat.S_ISREG(mode) and not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise InputError(f"cannot write {path}: it is write-protected")
        if not stat.S_ISREG(mode):
            kind = "a folder" if real.is_dir() else "no plain file"
            raise InputError(f"{path} is {kind}; give the name of a file")
        folder = next(place for place in real.parents if place.exists())
        if not folder.is_dir():
            raise InputError(f"cannot write {path}: {folder} is no folder")
        if folder not in tried:
            handle, name = tempfile.mkstemp(dir=folder, prefix=".kmu-")
            os.close(handle)
            os.unlink(name)
            tried.add(folder)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from error
