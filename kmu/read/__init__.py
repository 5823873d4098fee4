"""Reading recordings from the files labs have.

Axes, frame rate and spacing come from the file where it says, from the caller where it does not,
and are never guessed.
"""

from kmu.read.contents import Contents, Variable
from kmu.read.opening import contents, open_recording, read_recording
from kmu.read.source import RecordingSource

__all__ = [
    "Contents",
    "RecordingSource",
    "Variable",
    "contents",
    "open_recording",
    "read_recording",
]
