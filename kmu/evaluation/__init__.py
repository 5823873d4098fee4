"""How good a result is: matching with the truth, scores, the benchmark of all methods."""

from kmu.evaluation.match import Matching, match_units
from kmu.evaluation.scores import RecordingScores, score_recording, summarise

__all__ = ["Matching", "RecordingScores", "match_units", "score_recording", "summarise"]
