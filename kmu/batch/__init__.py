"""Many recordings at once; needs the extra ``batch``."""

from kmu.batch.pipeline import FAILURES, RESULTS, run_batch
from kmu.batch.tasks import Row, Task, find_files, plan

__all__ = ["FAILURES", "RESULTS", "Row", "Task", "find_files", "plan", "run_batch"]
