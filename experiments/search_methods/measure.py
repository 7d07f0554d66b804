"""Which search method is best? measure.py [ARM …] [--seeds A-B] searches once for each arm and seed not yet there.

A search goes on until it has both N_TRIALS trials and COMPUTED_S seconds of computing, so that one run tells of equal
numbers of trials and of equal time. Everything runs in this one process and on one core, eight trials beside each
other, as on two cores with four slots each. Its clock is the processor's: a search that has a core for itself takes as
long on the wall, and what else runs on the machine meanwhile does not count. Each seed has a split and a search seed of
its own, the same for all arms; no known points are tried first. Validation rows alone are looked at: sealed rows stay
shut.

What a search found is also trained anew on ten other cuts of the rows that are not sealed, with other seeds: a search
that tries more gets luckier on its own validation rows. One line per seed in runs/ARM.jsonl; an interrupted measurement
goes on. `SONGPOP_DATA` names the table.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from songpop.app.advisors import build_advisor
from songpop.app.listener import Silence
from songpop.app.prepare import Prepared, base_params, prepare, prepare_ground, searched_space
from songpop.app.resampling import resampled
from songpop.app.sweep import trial_seed
from songpop.compose import compose_settings
from songpop.contracts import Decision, Done, EpochReport, FinishedTrial, Params, TrialSpec, TrialState, Wait
from songpop.engines.population import InProcessEngine
from songpop.search.finals import final_seed
from songpop.search.opening import open_search
from songpop.search.outcome import settled
from songpop.search.study_backend import StudyBackend
from songpop.settings import StorageSettings, SweepSettings
from songpop.tracking.environment import environment

RUNS = Path(__file__).parent / "runs"
N_TRIALS, COMPUTED_S = 100, 30.0
N_SLOTS, N_RESAMPLES = 8, 10
LONG_S = 60.0  # who needs more has five seeds
SEEDS, SEEDS_OF_LONG = range(10), range(5)
WITHOUT, WITH = ["pruner=none"], ["pruner=asha"]
ARMS: dict[str, list[str]] = {
    "tpe": ["sampler=tpe", *WITHOUT],
    "tpe-asha": ["sampler=tpe", *WITH],
    "tpe-hyperband": ["sampler=tpe", "pruner=hyperband"],
    "random": ["sampler=random", *WITHOUT],
    "random-asha": ["sampler=random", *WITH],
    "qmc": ["sampler=qmc", *WITHOUT],
    "qmc-asha": ["sampler=qmc", *WITH],
    "cmaes": ["sampler=cmaes", *WITHOUT],
    "cmaes-asha": ["sampler=cmaes", *WITH],
    "kerastuner-hyperband": ["search=kerastuner", "search.algorithm=hyperband"],
    "gp": ["sampler=gp", *WITHOUT],
    "gp-asha": ["sampler=gp", *WITH],
    "kerastuner-bayesian": ["search=kerastuner", "search.algorithm=bayesian", *WITHOUT],
    "kerastuner-bayesian-asha": ["search=kerastuner", "search.algorithm=bayesian", *WITH],
}


def settings_of(arm: str, seed: int) -> SweepSettings:
    """Return the settings of a search: those of a plain sweep, apart from who searches."""
    table = ["data=songs", f"data.path={os.environ['SONGPOP_DATA']}"]
    seeds = [f"split.seed={seed}", f"search.seed={seed}"]
    budget = ["search.known_points=[]", "search.n_trials=1000000", "search.name=search"]
    found = compose_settings("sweep", [*table, *seeds, *ARMS[arm], *budget])
    assert isinstance(found, SweepSettings)
    return found


def spec_of(settings: SweepSettings, params: Params, trial: int, seed: int, resample: int | None = None) -> TrialSpec:
    """Return the spec of a trial, as a sweep has it."""
    return TrialSpec(
        trial=trial,
        params=params,
        seed=seed,
        n_epochs=settings.train.epochs,
        patience=settings.train.early_stopping.patience,
        watch=settings.protocol.watch,
        resample=resample,
    )


def opened(settings: SweepSettings, folder: Path) -> StudyBackend:
    """Open a study in an empty folder."""
    space, base = searched_space(settings), base_params(settings)

    def make_spec(trial: int, suggested: Mapping[str, Any]) -> TrialSpec:
        return spec_of(settings, space.to_params(suggested, base), trial, trial_seed(settings.search.seed, trial))

    return open_search(
        space=space,
        settings=settings.search,
        advisor=build_advisor(settings, space),
        pruner=settings.pruner,
        storage=StorageSettings(),
        identity={},
        make_spec=make_spec,
        n_epochs=settings.train.epochs,
        folder=folder,
    )


def search(settings: SweepSettings, prepared: Prepared, folder: Path) -> list[tuple[float, FinishedTrial]]:
    """Search, and return every trial as it ended, with the seconds until then."""
    backend, ended = opened(settings, folder), list[tuple[float, FinishedTrial]]()
    started_s = time.process_time()

    def next_trial() -> TrialSpec | Wait | Done:
        is_over = len(ended) >= N_TRIALS and time.process_time() - started_s >= COMPUTED_S
        return Done() if is_over else backend.ask()

    def on_epoch(report: EpochReport) -> Decision:
        return Decision.STOP if backend.should_stop(report) else Decision.CONTINUE

    for result in InProcessEngine(prepared.task, N_SLOTS).run(next_trial, on_epoch):
        backend.tell(settled(result))
        (trial,) = backend.keep([(settled(result), "no run")])
        ended.append((time.process_time() - started_s, trial))
    backend.close()
    return ended


def best_of(ended: list[tuple[float, FinishedTrial]]) -> FinishedTrial:
    """Return the best complete trial."""
    complete = [trial for _, trial in ended if trial.state is TrialState.COMPLETE]
    return min(complete, key=lambda trial: trial.value)


def worth(settings: SweepSettings, prepared: Prepared, best: FinishedTrial) -> float:
    """Return the mean validation log loss of a configuration over other cuts of the rows that are not sealed."""
    params = searched_space(settings).to_params(best.suggested, base_params(settings))
    task = resampled(settings, prepared, N_RESAMPLES).prepared.task
    specs = [spec_of(settings, params, k, final_seed(settings.search.seed, k), k) for k in range(N_RESAMPLES)]
    queue = iter([*specs, *(Done() for _ in range(1000))])
    engine = InProcessEngine(task, N_SLOTS)
    values = [result.value for result in engine.run(lambda: next(queue), lambda report: Decision.CONTINUE)]
    return math.fsum(values) / len(values)


def measure(arm: str, seed: int) -> dict[str, Any]:
    """Search once, and return what is kept of it."""
    settings = settings_of(arm, seed)
    prepared = prepare(settings, prepare_ground(settings, None, Silence()))
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        ended = search(settings, prepared, Path(folder))
        first = ended[:N_TRIALS]
        in_time = [one for one in ended if one[0] <= COMPUTED_S]
        bests = {"n_trials": best_of(first), "computed_s": best_of(in_time)}
        found = {name: {"trial": one.trial, "worth": worth(settings, prepared, one)} for name, one in bests.items()}
    columns = ("computed_s", "trial", "val_log_loss", "n_epochs", "state", "goes_on_from")
    rows = [
        [round(s, 3), t.trial, None if math.isnan(t.value) else t.value, t.n_epochs, t.state.value, t.goes_on_from]
        for s, t in ended
    ]
    return {
        "arm": arm,
        "overrides": ARMS[arm],
        "seed": seed,
        "commit": environment(Path(__file__).parents[2]).commit,
        "found_by": found,
        "columns": columns,
        "trials": rows,
    }


def seconds_of_n_trials(run: Mapping[str, Any]) -> float:
    """Return when a search had its N_TRIALS trials."""
    return float(run["trials"][N_TRIALS - 1][0])


def kept(arm: str) -> list[dict[str, Any]]:
    """Return the runs of an arm that were measured, by seed."""
    file = RUNS / f"{arm}.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return sorted((json.loads(line) for line in lines), key=lambda run: run["seed"])


def is_wanted(arm: str, seed: int) -> bool:
    """Say whether a seed is still to be measured; an arm that needs more than a minute has five."""
    runs = kept(arm)
    if any(run["overrides"] != ARMS[arm] for run in runs):
        sys.exit(f"runs/{arm}.jsonl was measured with other overrides. Delete it to measure again.")
    is_long = bool(runs) and max(map(seconds_of_n_trials, runs)) > LONG_S
    return seed not in {run["seed"] for run in runs} and seed in (SEEDS_OF_LONG if is_long else SEEDS)


def main() -> None:
    """Measure the arms that are named, or all: seed by seed, so that all arms have as many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("arms", nargs="*", default=list(ARMS))
    arms = parser.parse_args().arms
    RUNS.mkdir(exist_ok=True)
    for seed in SEEDS:
        for arm in arms:
            if not is_wanted(arm, seed):
                continue
            run = measure(arm, seed)
            with (RUNS / f"{arm}.jsonl").open("a") as file:
                file.write(json.dumps(run) + "\n")
            told = ", ".join(f"by {name} worth {one['worth']:.4f}" for name, one in run["found_by"].items())
            print(
                f"{arm}, seed {seed}: {len(run['trials'])} trials, {seconds_of_n_trials(run):.0f} s for "
                f"{N_TRIALS}; {told}",
                flush=True,
            )


if __name__ == "__main__":
    main()
