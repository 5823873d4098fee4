"""Writing files so that nothing half-written is ever seen."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kmu.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` and renames it to ``path`` on success.

    On any error the temporary file is removed and an existing ``path`` stays as it was.

    Args:
        path: where the finished file goes; its folder is made if missing.

    Yields:
        The temporary path to write to. It has the same suffix as ``path``.

    Raises:
        InputError: if the folder or file cannot be written (missing rights, full disk).
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".kmu-", suffix=target.suffix)
        os.close(handle)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        # mkstemp makes private files; a result is to be readable like any other new file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
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


def _reason(error: OSError | RuntimeError) -> str:
    """Why the system refused, in its own few words; HDF5 hides the number in a long text."""
    hidden = re.search(r"errno = (\d+)", str(error))
    number = int(hidden[1]) if hidden else getattr(error, "errno", None)
    return os.strerror(number) if number else str(error).splitlines()[0]
