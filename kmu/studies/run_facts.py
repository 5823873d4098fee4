"""What every file of results says of its run: command, version, commit, date."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from kmu._version import __version__


def run_facts(command: str) -> dict[str, str]:
    """Command, version, commit and date of a run that goes on now.

    Args:
        command: without the machine's own paths.
    """
    given = [part if "/" not in part else Path(part).name for part in sys.argv[1:]]
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    return {
        "command": " ".join([command, *given]),
        "version": __version__,
        "commit": commit,
        "date": datetime.now(UTC).date().isoformat(),
    }
