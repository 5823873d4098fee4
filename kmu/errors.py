"""The one error that means: the input is at fault, not the program."""

import os
import sys
from collections.abc import Callable

# What identifying does without: the extra that brings it, by the name of the module.
EXTRAS = {
    "tensorflow_datasets": "train",
    "importlib_resources": "train",
    "keras_tuner": "train",
    "tensorboard": "train",
    "sklearn": "train",
}


class InputError(ValueError):
    """Bad input: one clear sentence that says what is wrong, where, and what to do.

    The command line prints it without a traceback and exits with code 2. Names in a damaged file
    may hold anything: what would break the line, or the terminal, is shown as a blank.
    """

    def __init__(self, sentence: object) -> None:
        shown = (letter if letter.isprintable() else " " for letter in str(sentence))
        super().__init__("".join(shown))


def exit_code(command: Callable[[], int | None]) -> int:
    """Runs a command; bad input, or an extra that is missing, becomes one sentence on stderr.

    Args:
        command: what to run.

    Returns:
        The command's own exit code (0 for None), 2 for bad input or an extra that is missing, 130
        if interrupted, 141 if nobody reads what it prints any more (``kmu ... | head``).
    """
    try:
        code = command() or 0
        if sys.stdout is not None:
            sys.stdout.flush()  # here, and not when Python ends, a closed pipe can be met
        return code
    except BrokenPipeError:
        # What is still to be written would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except InputError as error:
        print(f"kmu: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        print(
            f"kmu: this needs {module}; run: pip install 'kmu[{EXTRAS[module]}]'", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("kmu: interrupted", file=sys.stderr)
        return 130
