"""Runs peers on splits and keeps what they say: run_peers.py lightgbm catboost --splits stratified:0,1,2,3,4.

Runs in the peers' environment, on what export.py wrote. Results that are there already are skipped, so it can be
interrupted and gone on with. `defaults`, `bags`, `tuned`, `informed`, `informed_tuned`, `only_rates` and `all` name
several methods.
"""

import argparse
import importlib.metadata as metadata
import os
import platform
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before any library reads it: see methods.REALMLP_THREADS

from informed import INFORMED, INFORMED_TUNED, ONLY_RATES
from inputs import Inputs, load_inputs
from methods import BAGS, DEFAULTS, Budget, Method
from results import Result, ResultError, commit, is_done, parse_splits, save_result
from tuned import TUNED

EXPORTS = Path(__file__).parent / "exports"
RESULTS = Path(__file__).parents[1] / "results" / "quality"
METHODS: dict[str, Method] = {**DEFAULTS, **BAGS, **TUNED, **INFORMED, **INFORMED_TUNED, **ONLY_RATES}
GROUPS = {
    "defaults": tuple(DEFAULTS),
    "bags": tuple(BAGS),
    "tuned": tuple(TUNED),
    "informed": tuple(INFORMED),
    "informed_tuned": tuple(INFORMED_TUNED),
    "only_rates": tuple(ONLY_RATES),
    "all": tuple(METHODS),
}


def methods_named(words: Sequence[str]) -> list[str]:
    """Return the names of methods, groups taken apart.

    Raises:
        ResultError: if there is none of that name.
    """
    names = [name for word in words for name in GROUPS.get(word, (word,))]
    unknown = sorted(set(names) - set(METHODS))
    if unknown:
        raise ResultError(f"unknown methods {unknown}, expected some of {[*GROUPS, *METHODS]}")
    return list(dict.fromkeys(names))


def settings_of(budget: Budget) -> dict[str, float | int | str]:
    """Return what is kept beside a result, and must not change without measuring again."""
    return {"seed": budget.seed, "tuning_s": budget.seconds}


def measured(name: str, split: str, seed: int, inputs: Inputs, budget: Budget) -> Result:
    """Run a method, and return what it said."""
    method = METHODS[name]
    started = time.perf_counter()
    probability = method.fit(inputs, budget)
    seconds = time.perf_counter() - started
    versions = {package: metadata.version(package) for package in method.packages}
    return Result(
        method=name,
        split=split,
        seed=seed,
        test_digest=inputs.test_digest,
        inputs_digest=inputs.digest,
        n_columns=len(inputs.names),
        n_test=len(inputs.test),
        n_known=len(inputs.known),
        seconds=round(seconds, 2),
        n_cores=budget.n_threads,
        versions={"python": platform.python_version(), **versions},
        settings=settings_of(budget),
        commit=commit(),
        probability=tuple(map(float, probability)),
    )


def main() -> None:
    """Run everything that is not there yet."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="+", metavar="METHOD", help=f"{', '.join(GROUPS)}, or {', '.join(METHODS)}")
    parser.add_argument("--splits", nargs="+", default=["stratified:0,1,2,3,4"])
    parser.add_argument("--seconds", type=float, help="of tuning; without it 180, AutoGluon 600")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result files")
    options = parser.parse_args()
    names, splits = methods_named(options.methods), parse_splits(options.splits)
    n_threads, n_done = len(os.sched_getaffinity(0)), 0
    for name in names:
        for split, seed in splits:
            n_done += 1
            head = f"[{n_done}/{len(names) * len(splits)}] {name} {split}:{seed}"
            export = EXPORTS / f"{split}-{seed}.npz"
            if not export.is_file():
                raise ResultError(f"{split}:{seed} was not exported. Run export.py --splits {split}:{seed}")
            inputs = load_inputs(export)
            seconds = METHODS[name].seconds if options.seconds is None else options.seconds
            budget = Budget(seconds=seconds if METHODS[name].seconds else 0.0, n_threads=n_threads, seed=seed)
            if is_done(
                options.results, name, split, seed,
                test_digest=inputs.test_digest, inputs_digest=inputs.digest, settings=settings_of(budget),
            ):  # fmt: skip
                print(f"{head}  there already", flush=True)
                continue
            result = measured(name, split, seed, inputs, budget)
            save_result(result, options.results)
            print(f"{head}  {result.seconds:.1f} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ResultError as error:
        sys.exit(f"run_peers: {error}")
