"""What asking and telling costs in the driver, at 10 to 10,000 finished trials of space `full`.

A study of random trials grows; at each mark the last trials are asked for by each sampler, in a copy of it. Beside
songpop's TPE: Optuna's own sampler with the same options, at up to 1,000 trials (it takes minutes beyond).

What would make these numbers wrong: objectives that are no function of the parameters (they are random here, so TPE
learns nothing, but works as much); a study whose trials are all complete (a pruner's work is not in here).
"""

import shutil
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from common import save
from rich.console import Console
from rich.table import Table

from songpop.compose import compose_settings
from songpop.contracts import EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.search.distributions import GivenSampler, distribution, draw, write
from songpop.search.opening import open_search
from songpop.search.samplers import SamplerAdvisor, build_proposer
from songpop.search.study_backend import StudyBackend
from songpop.settings import PrunerKind, PrunerSettings, SamplerKind, SamplerSettings, SearchSettings, StorageSettings
from songpop.space import Space

MARKS = (10, 100, 1_000, 3_000, 10_000)
WINDOW = 64  # trials up to each mark whose mean counts: several blocks of TPE
SPENT = ("ask", "tell", "keep")


def full_space() -> Space:
    """Return space `full`."""
    return Space.from_settings(compose_settings("sweep", []).space)  # type: ignore[union-attr]


def backend(space: Space, sampler: str, folder: Path) -> StudyBackend:
    """Open a search that never ends."""
    settings = SearchSettings(name="bench", n_trials=10**6)
    return open_search(
        space=space,
        settings=settings,
        advisor=SamplerAdvisor(build_proposer(SamplerSettings(kind=SamplerKind(sampler)), space, settings.seed)),
        pruner=PrunerSettings(kind=PrunerKind.none),
        storage=StorageSettings(),
        identity={},
        make_spec=lambda trial, values: TrialSpec(
            trial=trial, params=space.to_params(values, Params()), seed=trial, n_epochs=1, patience=None
        ),
        n_epochs=1,
        folder=folder,
    )


def result_of(spec: TrialSpec, value: float) -> TrialResult:
    """Return a finished trial."""
    metrics = {"val_log_loss": value}
    return TrialResult(
        spec=spec, state=TrialState.COMPLETE, history=(EpochReport(trial=spec.trial, epoch=1, metrics=metrics),),
        metrics=metrics, best_epoch=1, weights=None, val_predictions=None, started_at_s=0.0, wall_s=0.0,
    )  # fmt: skip


def spent_ms(search: StudyBackend, n_trials: int, rng: np.random.Generator) -> dict[str, float]:
    """Return milliseconds of ask, tell and keep (durably, 16 at once), means over `n_trials` further trials."""
    spent = dict.fromkeys(SPENT, 0.0)
    clock = time.perf_counter()

    def note(what: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        spent[what] += 1e3 * (now - clock) / n_trials
        clock = now

    waiting: list[tuple[TrialResult, str]] = []
    for count in range(1, n_trials + 1):
        spec = search.ask()
        note("ask")
        assert isinstance(spec, TrialSpec)
        result = result_of(spec, float(rng.random()))
        clock = time.perf_counter()
        search.tell(result)
        note("tell")
        waiting.append((result, "run"))
        if len(waiting) == 16 or count == n_trials:
            search.keep(waiting)
            note("keep")
            waiting = []
    return spent


def songpop_ms(space: Space) -> dict[str, dict[str, dict[int, float]]]:
    """Return milliseconds by sampler, by what they are spent on, at each mark."""
    found: dict[str, dict[str, dict[int, float]]] = {name: {what: {} for what in SPENT} for name in ("random", "tpe")}
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        grown, copied, n_grown = Path(name, "grown"), Path(name, "copied"), 0
        for mark in MARKS:
            n_asked = min(WINDOW, mark)
            search = backend(space, "random", grown)
            spent_ms(search, mark - n_asked - n_grown, rng)
            search.close()
            n_grown = mark - n_asked
            for sampler, by_what in found.items():
                shutil.copytree(grown, copied)
                search = backend(space, sampler, copied)
                for what, ms in spent_ms(search, n_asked, rng).items():
                    by_what[what][mark] = ms
                search.close()
                shutil.rmtree(copied)
    return found


def optuna_ms(space: Space) -> dict[int, float]:
    """Return milliseconds of one suggestion by Optuna's own TPE (multivariate, group) at each mark up to 1,000."""
    rng, found = np.random.default_rng(0), {}
    study = optuna.create_study(sampler=GivenSampler())
    for mark in (mark for mark in MARKS if mark <= 1_000):
        while len(study.get_trials(deepcopy=False)) < mark:
            values = space.suggest(lambda param: param.at(rng.random()))
            study.add_trial(
                optuna.trial.create_trial(
                    value=rng.random(),
                    params={p.name: values[p.name] for p in space.searched if p.name in values},
                    distributions={p.name: distribution(p) for p in space.searched if p.name in values},
                )
            )
        times = []
        for _ in range(5):
            trial = study.ask()
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sampler = optuna.samplers.TPESampler(multivariate=True, group=True, constant_liar=True)
            values = draw(sampler, study, study.get_trials(deepcopy=False)[-1], space)
            times.append(time.perf_counter() - started)
            write(trial, space, values)
            study.tell(trial, 0.5)
        found[mark] = 1e3 * statistics.median(times)
    return found


def main() -> None:
    """Run everything, print the table, write the result."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = full_space()
    result: dict[str, Any] = {**songpop_ms(space), "optuna_tpe": optuna_ms(space)}
    shown = Table(title="Milliseconds per trial in the driver, space full", title_justify="left")
    for column in ("", *(f"{mark:,} trials" for mark in MARKS)):
        shown.add_column(column, justify="right")
    for name in ("random", "tpe"):
        for what, values in result[name].items():
            shown.add_row(f"{name}, {what}", *(f"{values[mark]:.2f}" for mark in MARKS))
    shown.add_row(
        "Optuna's TPESampler", *(f"{v:.0f}" if (v := result["optuna_tpe"].get(mark)) else "" for mark in MARKS)
    )
    Console(width=120).print(shown)
    save("search", {"window": WINDOW, "ms": result})


if __name__ == "__main__":
    main()
