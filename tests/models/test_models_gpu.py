import subprocess
import sys
from pathlib import Path

import pytest

from songpop.models import gpu


@pytest.mark.skipif(any(Path(device).exists() for device in gpu._DEVICES), reason="there may be a GPU")
def test_without_a_device_tensorflow_is_not_asked() -> None:
    code = "import sys\nfrom songpop.models.gpu import has_gpu\nprint(has_gpu(), 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_where_a_device_may_be_tensorflow_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from songpop.models.runtime import tf

    monkeypatch.setattr(gpu, "_DEVICES", (str(tmp_path),))
    for found in ([], ["GPU:0"]):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda _, found=found: found)
        assert gpu.has_gpu() is bool(found)
