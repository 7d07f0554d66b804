"""The Python interface: the commands as functions, for a notebook with data frames.

Keyword arguments are config keys: `songpop.sweep(frame, data="songs", search__n_trials=50)`; two underscores stand
for a dot, and `**{"search.n_trials": 50}` is the same. The command line runs the very same functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from songpop.compose import compose_settings, recorded_settings
from songpop.overrides import overrides_of

if TYPE_CHECKING:
    import pandas as pd

    from songpop.app.listener import Listener
    from songpop.app.records import SweepOutcome
    from songpop.app.reproduce import ReproduceOutcome

__all__ = ["check", "compare", "doctor", "history", "predict", "promote", "reproduce", "rollback", "sweep", "train"]


def sweep(
    frame: pd.DataFrame | None = None,
    *,
    config_dir: str | Path | None = None,
    listener: Listener | None = None,
    **overrides: Any,
) -> SweepOutcome:
    """Search for the best model of a table, or go on with a search of the same name.

    Args:
        frame: the table as `pandas.read_csv` reads it, or all strings; None: the file of `data.path`, or the
            generated table.
        config_dir: a folder with further configs, like --config-dir.
        listener: told what happens; None: nobody.
        **overrides: config keys and groups.

    Returns:
        The outcome, with the leaderboard, the MLflow run ids, and Optuna's study as `.study`.

    Raises:
        SongpopError: one of `songpop.errors`, as the command line prints it.
    """
    settings = _settings("sweep", overrides, config_dir)
    from songpop.app.warm_up import warm_up

    warm_up(settings.engine)
    from songpop.app.sweep import sweep as run

    return run(settings, frame=frame, listener=listener)


def train(frame: pd.DataFrame | None = None, *, config_dir: str | Path | None = None, **overrides: Any) -> Any:
    """Train fixed models, each over `train.n_seeds` seeds, under every protocol of `train.protocols`."""
    from songpop.app.train import train as run

    settings = _settings("train", overrides, config_dir)
    protocols = [protocol.value for protocol in settings.train.protocols]
    variants = [_settings("train", {**overrides, "protocol": protocol}, config_dir) for protocol in protocols]
    return run(variants or [settings], frame=frame)


def check(frame: pd.DataFrame | None = None, *, config_dir: str | Path | None = None, **overrides: Any) -> Any:
    """Say what is in a table, what is wrong with it, and what leaks."""
    from songpop.app.check import check as run

    return run(_settings("check", overrides, config_dir), frame=frame)


def compare(**overrides: Any) -> Any:
    """Return all sweeps, and the best runs of one; or some side by side: `compare(sweep=["a", "b"]).side_by_side`."""
    from songpop.app.registry import compare as run

    return run(_settings("compare", overrides))


def promote(**overrides: Any) -> Any:
    """Make a sweep's best model (`sweep=NAME`, by default the newest) the champion.

    Raises:
        GateError: if the promotion is refused.
    """
    from songpop.app.registry import promote as run

    return run(_settings("promote", overrides))


def rollback(**overrides: Any) -> Any:
    """Give the alias back to the champion before."""
    from songpop.app.registry import rollback as run

    return run(_settings("rollback", overrides))


def history(**overrides: Any) -> Any:
    """Return who was champion when, and why."""
    from songpop.app.registry import history as run

    return run(_settings("history", overrides))


def reproduce(
    frame: pd.DataFrame | None = None, *, listener: Listener | None = None, **overrides: Any
) -> ReproduceOutcome:
    """Train tracked trials again from their records (`run=ID` or a list; `sweep=NAME, n_runs=20`), and compare.

    Args:
        frame: the table that they were trained on, if it was a data frame; None: the record says where it lies.
        listener: told what happens; None: nobody.
        **overrides: config keys.

    Returns:
        A verdict on each: same, drifted, or not reproducible, and why.
    """
    from songpop.app.reproduce import reproduce as run

    return run(_settings("reproduce", overrides), recorded_settings, frame=frame, listener=listener)


def doctor(**overrides: Any) -> Any:
    """Say whether study, tracking and registry agree, and mend what can be mended (`mend=False`: only say it)."""
    from songpop.app.doctor import doctor as run

    return run(_settings("doctor", overrides))


def predict(frame: pd.DataFrame, **overrides: Any) -> pd.DataFrame:
    """Rank songs with the champion.

    Args:
        frame: raw columns as the champion's table had them; further columns are kept.
        **overrides: config keys, for example `registry__model="songpop"`.

    Returns:
        Every row of `frame`, most promising first (`order="given"`: as they came), with these columns in front: rank,
        probability, probability_low and probability_high (where one more of its members would put it), high_potential,
        reasons (of the first 100: `n_reasons`), remarks.
    """
    from songpop.models.threads import answer_on_every_core

    answer_on_every_core()
    from songpop.app.predict import predict_frame as run

    return run(_settings("predict", overrides), frame)


def _settings(command: str, overrides: dict[str, Any], config_dir: str | Path | None = None) -> Any:
    return compose_settings(command, overrides_of(overrides), None if config_dir is None else Path(config_dir))
