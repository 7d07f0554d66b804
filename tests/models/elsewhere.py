"""A saved model in a process that has Keras and no songpop."""

import subprocess
import sys
from pathlib import Path

import numpy as np

_CODE = (
    "import sys\nsys.modules['songpop'] = None  # importing it raises\nimport keras, numpy as np\n"
    "model = keras.models.load_model('model.keras', safe_mode=True)\n"
    "np.save('found.npy', model.predict(np.load('cells.npy'), verbose=0)[:, 0])"
)


def answers_without_songpop(folder: Path, cells: np.ndarray) -> np.ndarray:
    """What `model.keras` in that folder says of raw cells, shape (R, C): probabilities, shape (R,)."""
    np.save(folder / "cells.npy", cells)
    subprocess.run([sys.executable, "-I", "-c", _CODE], cwd=folder, check=True, capture_output=True)
    return np.load(folder / "found.npy")
