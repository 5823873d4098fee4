"""A piece of work in a process of its own: it tells how far it is, and can be killed."""

import multiprocessing
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from kmu.errors import InputError
from kmu.progress import Progress, errors_only, listen, set_quiet


class Job:
    """Work that was begun, and its end once :meth:`poll` has seen it.

    Attributes:
        name: what is done, in words.
        doing: the task that it is at now; empty before the first.
        share: how much of that task is done, 0 to 1; None if not known yet.
        done: whether it has ended.
        result: what the work returned.
        refused: why it could not be done, one sentence; empty if it could.
    """

    def __init__(self, name: str, work: Callable[..., Any], *arguments: Any) -> None:
        self.name = name
        self.doing = ""
        self.share: float | None = None
        self.done = False
        self.result: Any = None
        self.refused = ""
        # A fresh interpreter: a fork of a process with threads and TensorFlow may hang.
        context = multiprocessing.get_context("spawn")
        self._messages, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(theirs, work, arguments))
        self._process.start()
        theirs.close()

    def poll(self) -> bool:
        """Takes in what the process has said since; returns whether it has ended."""
        while not self.done:
            try:
                if not self._messages.poll():
                    break
                kind, *said = self._messages.recv()
            except (EOFError, OSError):
                self._process.join()
                self._end(
                    refused="the process that did it ended without an answer (exit code "
                    f"{self._process.exitcode}): the file is damaged, or memory ran out"
                )
                break
            if kind == "progress":
                self.doing, self.share = said
            elif kind == "result":
                self._end(result=said[0])
            else:
                self._end(refused=said[0])
        return self.done

    def cancel(self) -> None:
        """Kills the process, whatever it does, and waits until it is gone."""
        self._process.kill()
        self._process.join()
        self._end(refused="cancelled")

    def _end(self, result: Any = None, refused: str = "") -> None:
        if not self.done:
            self.done, self.result, self.refused = True, result, refused
            self._messages.close()


def _run(answers: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """What the process does: the work, with its progress and its end sent to whoever began it."""
    lock = threading.Lock()

    def send(*message: Any) -> None:
        # Nobody listens any more once the app has ended.
        with lock, suppress(BrokenPipeError):
            answers.send(message)

    def tell(task: Progress) -> None:
        send("progress", task.description, task.done / task.total if task.total else None)

    set_quiet(True)
    listen(tell)
    try:
        with errors_only():
            result = work(*arguments)
    except InputError as error:
        send("refused", str(error))
    except BaseException as error:
        traceback.print_exc()
        send("refused", f"{type(error).__name__}: {error}")
    else:
        send("result", result)
