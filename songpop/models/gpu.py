"""Whether there is a GPU, without importing TensorFlow where there can be none."""

import sys
from pathlib import Path

# One of these is there where a driver is: NVIDIA's, AMD's, and Windows' for Linux programs.
_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def has_gpu() -> bool:
    """Say whether TensorFlow sees a GPU."""
    if sys.platform == "linux" and not any(Path(device).exists() for device in _DEVICES):
        return False
    from songpop.models.runtime import tf

    return bool(tf.config.list_physical_devices("GPU"))
