"""Any of KerasTuner's hyperparameters as a suggestion of an Optuna trial, and a value of one as Optuna has it.

Owns: one row per kind of hyperparameter. Does not own: which are active (KerasTuner), who suggests (oracle).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optuna.trial import Trial

from songpop.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class _Way:
    suggest: Callable[[Trial, str, Any], Any]  # trial, name, hyperparameter → value
    encoded: Callable[[Any, Any], Any]  # hyperparameter, value → what Optuna suggests for it


def suggested(trial: Trial, name: str, hp: Any) -> Any:
    """Let a trial suggest a value.

    Args:
        trial: of Optuna.
        name: that the parameter has in the study.
        hp: a keras_tuner HyperParameter.

    Raises:
        SettingsError: if it is of a kind of its own.
    """
    return _way(hp).suggest(trial, name, hp)


def encoded(hp: Any, value: Any) -> Any:
    """Return what Optuna would suggest where KerasTuner has `value`."""
    return _way(hp).encoded(hp, value)


def _way(hp: Any) -> _Way:
    kind = type(hp).__name__
    way = _WAYS.get(kind)
    if way is None:
        raise SettingsError(
            f"a hyperparameter must be one of {', '.join(_WAYS)}, but {hp.name!r} is a {kind}. Replace it by one."
        )
    return way


def _rungs(hp: Any) -> list[Any]:
    """Return the values of a number with a factor for a step."""
    return [_as(hp, value) for value in hp.values]


def _as(hp: Any, value: float) -> Any:
    return int(value) if type(hp).__name__ == "Int" else float(value)


def _is_ladder(hp: Any) -> bool:
    return hp.sampling != "linear" and hp.step is not None


def _mirrored(hp: Any, value: Any) -> Any:
    """Return a value seen from the other end: "reverse_log" is even in the logarithm from above."""
    return hp.max_value + hp.min_value - value if hp.sampling == "reverse_log" else value


def _suggest_number(trial: Trial, name: str, hp: Any) -> Any:
    if _is_ladder(hp):
        rungs = _rungs(hp)
        return rungs[trial.suggest_int(name, 0, len(rungs) - 1)]
    is_log, step = hp.sampling != "linear", hp.step
    if type(hp).__name__ == "Int":
        # Optuna wants the last rung itself, not a number behind it.
        n_steps = (hp.max_value - hp.min_value) // (step or 1)
        high = hp.min_value + n_steps * (step or 1)
        return _mirrored(hp, trial.suggest_int(name, hp.min_value, high, step=step or 1, log=is_log))
    high = hp.max_value if step is None else _last_rung(hp)
    return _mirrored(hp, trial.suggest_float(name, hp.min_value, high, step=step, log=is_log))


def _last_rung(hp: Any) -> float:
    """Return the last value of a ladder of floats, in decimals as Optuna has it: 0.1 and three steps of 0.2 are 0.7."""
    low, high, step = (Decimal(str(number)) for number in (hp.min_value, hp.max_value, hp.step))
    return float(low + (high - low) // step * step)


def _encoded_number(hp: Any, value: Any) -> Any:
    return _rungs(hp).index(value) if _is_ladder(hp) else _mirrored(hp, value)


def _same(_hp: Any, value: Any) -> Any:
    return value


_NUMBER = _Way(suggest=_suggest_number, encoded=_encoded_number)
_WAYS: Mapping[str, _Way] = MappingProxyType(
    {
        "Int": _NUMBER,
        "Float": _NUMBER,
        "Choice": _Way(suggest=lambda trial, name, hp: trial.suggest_categorical(name, hp.values), encoded=_same),
        "Boolean": _Way(suggest=lambda trial, name, hp: trial.suggest_categorical(name, [False, True]), encoded=_same),
        "Fixed": _Way(suggest=lambda trial, name, hp: hp.value, encoded=_same),
    }
)
