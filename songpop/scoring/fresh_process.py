"""Whether a model file is worth something without songpop: loaded in a new process that cannot import it.

Owns: that process, and what it is given: a `.keras` file and a matrix. Does not own: the verdict (model_gates.py).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from songpop.contracts import Matrix, Vector
from songpop.errors import ArtifactError

# Isolated (-I): neither PYTHONPATH nor the present folder counts. songpop may be installed beside Keras, so that
# importing it is forbidden as well, and that is tried out.
_SCRIPT = """
import sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "songpop":
            raise ModuleNotFoundError("songpop is not for this process")

sys.meta_path.insert(0, Forbidden())
try:
    import songpop
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("songpop must not be there, but it can be imported")

import keras
import numpy as np

model, matrix, answer = sys.argv[1:]
loaded = keras.models.load_model(model, compile=False, safe_mode=True)
rows = np.load(matrix)
parts = [np.reshape(loaded(rows[i : i + 8192], training=False), -1) for i in range(0, len(rows), 8192)]
np.save(answer, np.concatenate(parts))
"""


def predict_elsewhere(file: Path, matrix: Matrix, timeout_s: float) -> Vector:
    """Return what the model says of each row, shape (R,), in a new process without songpop, loaded in safe mode.

    Args:
        file: a `.keras` file.
        matrix: its input, shape (R, C), with NaN; at least one row.
        timeout_s: how long that may take.

    Raises:
        ArtifactError: if the process ends otherwise than with an answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows, answer = Path(folder) / "rows.npy", Path(folder) / "answer.npy"
        np.save(rows, np.asarray(matrix, dtype=np.float32))
        command = [sys.executable, "-I", "-c", _SCRIPT, str(file.resolve()), str(rows), str(answer)]
        try:
            done = subprocess.run(
                command, cwd=folder, env={**os.environ, "KERAS_BACKEND": "tensorflow"}, capture_output=True, text=True,
                timeout=timeout_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ArtifactError(
                f"A new process must load {file.name} within gates.fresh_process_timeout_s ({timeout_s:g} s), but did "
                "not. Raise the bound where the machine is busy, or sweep again."
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip() or "no words").splitlines()[-1]
            raise ArtifactError(
                f"{file.name} must load in safe mode in a process without songpop, but that one ended with: {last} "
                "Sweep again."
            )
        return np.asarray(np.load(answer), dtype=np.float32)
