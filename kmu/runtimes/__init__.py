"""The exported model in other runtimes: ONNX and LiteRT, checked against TensorFlow.

``python -m kmu.runtimes saved_models/kmu --out exports`` converts the identifier as a whole and
each of its networks alone, runs all of them on the same input, and prints a table of sizes, times
and differences. ``networks`` says what the networks take and give, ``convert`` converts and runs,
``comparison`` compares. ONNX needs the extra ``onnx``; LiteRT comes with TensorFlow.
"""

from kmu.runtimes.comparison import Comparison, compare, comparison_table

__all__ = ["Comparison", "compare", "comparison_table"]
