"""The one door to TensorFlow and Keras: imports them without their noise, and with few threads.

Owns: the environment that TensorFlow reads when it is first imported, and what it prints then.
Does not own: anything built with them. Import `keras` and `tf` from here, not from their packages.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Variables that are already set win. Both thread pools have one thread: the products of such small networks are
# over before a second thread has woken up (72 ms per epoch with one thread each, 100 to 140 ms otherwise).
_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",  # its threads would only wait for each other
}
# Written by C++ code before its log level is known, so no variable silences them.
_NOISE = (b"before absl::InitializeLog()", b"cudart_stub.cc", b"oneDNN custom operations are on")


def without_noise(text: bytes) -> bytes:
    """Return the lines of `text` that are not TensorFlow's known start-up chatter."""
    return b"".join(line for line in text.splitlines(keepends=True) if not any(n in line for n in _NOISE))


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to file descriptor 2, and pass on all but the known noise."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            os.write(2, without_noise(held.read()))


for _name, _value in _ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
with _filtered_stderr():
    import keras
    import tensorflow as tf

# Each new model is traced anew, which TensorFlow would warn of after five of them.
tf.get_logger().setLevel("ERROR")


__all__ = ["keras", "tf", "without_noise"]
