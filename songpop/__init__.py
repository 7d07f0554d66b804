"""songpop: finds the best Keras model for a table of songs, fast and honestly.

`songpop.sweep(frame, …)`, `songpop.promote(…)`, `songpop.predict(frame)` and the other commands are functions of
`songpop.api`; they are looked up when first used, so that importing songpop costs nothing.
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["check", "compare", "doctor", "history", "predict", "promote", "reproduce", "rollback", "sweep", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'songpop' has no attribute {name!r}")
    from songpop import api

    return getattr(api, name)
