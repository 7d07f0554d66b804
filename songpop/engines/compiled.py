"""How the project compiles its own arithmetic: Numba with the project's options, and machine code that is kept.

IEEE rules hold but for the order of sums and fused multiply-adds: roots and quotients are exact. All processes of a
machine run the same machine code, so they round alike.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])
# "numpy": dividing by zero gives an infinity, not an exception, whose check would keep loops from being vectorised.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}

# Compiled as a part of what calls it, always: where LLVM leaves a call, the process that compiles calls the function's
# own earlier machine code, which sums in another order than the copy beside the caller that later processes load.
inlined: Callable[[Function], Function] = njit(**_OPTIONS, forceinline=True)


def compiled(signature: str, *parts: ModuleType) -> Callable[[Function], Function]:
    """Compile for these types at once, or take what an earlier process kept beside the file or in the user's cache.

    Args:
        signature: in Numba's words.
        parts: modules whose functions are a part of this one. Numba looks at the date of the function's own file
            only, so a digest of all sources is put into its name, and with it into the names of the kept files.
    """

    def decorate(function: Function) -> Function:
        sources = [__file__, inspect.getfile(function), *(str(part.__file__) for part in parts)]
        digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:12]
        function.__qualname__ += f"_{digest}"
        options = {**_OPTIONS, "nogil": True}  # so that a thread that records, or watches, goes on meanwhile
        try:
            return njit(signature, cache=True, **options)(function)  # type: ignore[no-any-return]
        except Exception:  # no place that can be written, a full one, a damaged file: each process compiles anew
            return njit(signature, **options)(function)  # type: ignore[no-any-return]

    return decorate
