"""Reading recordings from the files labs have.

Axes, frame rate and spacing come from the file where it says, from the caller where it does not,
and are never guessed.
"""

from kmu.reading.contents import Contents, Variable
from kmu.reading.opening import contents, open_recording, read
from kmu.reading.source import RecordingSource

__all__ = [
    "Contents",
    "RecordingSource",
    "Variable",
    "contents",
    "open_recording",
    "read",
]
