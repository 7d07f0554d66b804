"""Machine code is kept, and not used for other sources, and not needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from songpop.engines import compiled
import part, types
@compiled.compiled("int64(int64)", part)
def twice(n):
    return part.two() * n
print(twice(4), sum(twice.stats.cache_hits.values()))
"""
TRAINING = """
import hashlib
from engine_suite import COCKTAIL, SPEC, run_all, small_task, spec_with
from songpop.engines.fused import FusedProgram
from songpop.engines.population import InProcessEngine
specs = [SPEC, spec_with(SPEC, **COCKTAIL), spec_with(SPEC, **{**COCKTAIL, "embedding": "periodic", "skip": "none"})]
for spec in specs:
    found = run_all(InProcessEngine(small_task(), 1, FusedProgram(small_task())), [spec])[spec.trial]
    print(hashlib.sha256(b"".join(array.tobytes() for array in found.weights)).hexdigest())
"""
PART = "from songpop.engines.compiled import inlined\n@inlined\ndef two():\n    return {}\n"


def answer(folder: Path, cache: str, two: int) -> str:
    (folder / "part.py").write_text(PART.format(two))
    script = folder / "script.py"
    if not script.exists():  # its date is what Numba looks at
        script.write_text(SCRIPT)
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_it_is_taken_from_an_earlier_process_unless_a_part_has_changed(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    assert answer(tmp_path, cache, 2) == "8 0"
    assert answer(tmp_path, cache, 2) == "8 1"
    assert answer(tmp_path, cache, 3) == "12 0"
    assert answer(tmp_path, cache, 2) == "8 1"


@pytest.mark.slow
def test_a_damaged_file_is_compiled_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert answer(tmp_path, str(cache), 2) == "8 0"
    for index in cache.rglob("*.nbi"):
        index.write_bytes(b"")
    assert answer(tmp_path, str(cache), 2) == "8 0"


@pytest.mark.slow
def test_without_a_place_to_write_each_process_compiles(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert answer(tmp_path, str(tmp_path / "file" / "cache"), 2) == "8 0"


@pytest.mark.slow
def test_the_process_that_compiles_rounds_as_those_that_load(tmp_path: Path) -> None:
    """Where a function was not inlined, it called another machine code of the same name that lay in its memory."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", TRAINING]
    first, later = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert len(first.split()) == 3
    assert first == later
