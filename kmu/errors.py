"""The one error that means: the input is at fault, not the program."""

import sys
from collections.abc import Callable


class InputError(ValueError):
    """Bad input: one clear sentence that says what is wrong, where, and what to do.

    The command line prints it without a traceback and exits with code 2.
    """


def exit_code(command: Callable[[], int | None]) -> int:
    """Runs a command; bad input becomes one sentence on stderr.

    Args:
        command: what to run.

    Returns:
        The command's own exit code (0 for None), 2 for bad input, 130 if interrupted.
    """
    try:
        return command() or 0
    except InputError as error:
        print(f"kmu: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("kmu: interrupted", file=sys.stderr)
        return 130
