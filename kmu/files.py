"""Writing files so that nothing half-written is ever seen."""

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
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
