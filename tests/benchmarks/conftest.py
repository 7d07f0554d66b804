"""The benchmarks are scripts beside the package: their folders go on the path for their pure parts to be tested."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS), str(BENCHMARKS / "quality")]
