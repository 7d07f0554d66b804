import subprocess
import sys

import pytest

from songpop.models.runtime import without_noise


def test_only_the_known_noise_is_dropped() -> None:
    noise = b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    cuda = b"I0000 00:00:1.1  1 cudart_stub.cc:31] Could not find cuda drivers on your machine.\n"
    assert without_noise(noise + b"disk on fire\n" + cuda + b"really") == b"disk on fire\nreally"


@pytest.mark.slow
def test_training_writes_nothing_to_standard_error() -> None:
    code = (
        "import numpy as np\nfrom songpop.models.runtime import keras\n"
        "for _ in range(7):\n"
        "    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "    model.compile('adam', 'mse')\n"
        "    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)\n"
        "    model.predict(np.ones((3, 2)), verbose=0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout == ""
