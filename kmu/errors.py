"""The one error that means: the input is at fault, not the program."""


class InputError(ValueError):
    """Bad input: one clear sentence that says what is wrong, where, and what to do.

    The command line prints it without a traceback and exits with code 2.
    """
