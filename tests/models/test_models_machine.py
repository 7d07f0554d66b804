"""The class of this machine in a few words."""

import platform
import subprocess
import sys

import pytest

from songpop.models import machine
from songpop.models.machine import machine_class


def test_architecture_processor_and_vectors_whatever_the_process() -> None:
    told = machine_class().split()
    assert told[0] == platform.machine()
    assert len(told) >= 2
    code = "from songpop.models.machine import machine_class\nprint(machine_class())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == told


def test_a_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from songpop.models.runtime import tf

    monkeypatch.setattr(machine, "has_gpu", lambda: True)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["GPU:0"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "NVIDIA H100"})
    assert machine_class.__wrapped__().endswith(" gpu NVIDIA H100")
