"""The class of this machine: what decides how its arithmetic rounds, in a few words.

Numba compiles the kernels for the processor it finds, and sums are cut by the length of its vectors
(docs/decisions/0009); TensorFlow chooses its own kernels by the same features. Two machines of one class give the same
numbers, two of different classes agree as far as rounding lets them.
"""

import platform
from functools import cache

from songpop.models.gpu import has_gpu

VECTORS = ("avx512f", "avx2", "fma", "sve", "neon")  # features that cut sums, or round them once instead of twice


@cache
def machine_class() -> str:
    """Return for example "x86_64 znver3 avx2 fma"; where a GPU trains, its name stands behind."""
    import llvmlite.binding as llvm  # what Numba asks

    features = llvm.get_host_cpu_features()
    found = [name for name in VECTORS if features.get(name)]
    return " ".join([platform.machine(), llvm.get_host_cpu_name(), *found, *_gpu()])


def _gpu() -> list[str]:
    if not has_gpu():
        return []
    from songpop.models.runtime import tf

    device = tf.config.list_physical_devices("GPU")[0]
    return ["gpu", str(tf.config.experimental.get_device_details(device).get("device_name", "unknown"))]
