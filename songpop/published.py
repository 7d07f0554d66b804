"""The claims of the published work, each put to the test on repeated seeds.

A published number is one run, so it is compared with where one further run of ours would fall (a prediction
interval), not with the interval of our mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from songpop.evaluation.stats import prediction_interval, t_interval

Runs = Mapping[str, Sequence[float]]  # metric: one value per seed; NaN where the run failed

VARIANTS = ("as run", "as described")
MODELS = ("vanilla", "L1", "L2")
# Its table, for the test part; loss includes the penalty.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "vanilla": {"loss": 0.1350, "accuracy": 0.9489, "precision": 0.9094, "recall": 1.0, "f1": 0.9526},
    "L1": {"loss": 0.1021, "accuracy": 0.9804, "precision": 0.9892, "recall": 0.9725, "f1": 0.9808},
    "L2": {"loss": 0.0649, "accuracy": 0.9815, "precision": 0.9830, "recall": 0.9809, "f1": 0.9820},
}
CLAIMED_LEAD = 0.0344  # "L2 with RMSprop is about 3.44 % better than vanilla, in every run"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One claim, whether it holds here, and the numbers that say so."""

    claim: str
    holds: bool
    evidence: str


def judge(
    runs: Mapping[tuple[str, str], Runs],
    published: Mapping[str, Mapping[str, float]],
    majority: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """Judge every published claim.

    Args:
        runs: (protocol, model name) to test metrics by seed; model names as in conf/experiment/published.yaml.
        published: model name to its printed numbers.
        majority: protocol to the accuracy of always guessing the larger class of the test part.

    Returns:
        The verdicts, claims about the table's numbers first; only those whose models were run with two seeds at
        least: one run says nothing about the next.
    """
    verdicts = [
        verdict
        for name, numbers in published.items()
        if _n_seeds(runs.get(("published", name), {})) > 1
        for verdict in _numbers(name, runs["published", name], numbers)
    ]
    for protocol in dict.fromkeys(protocol for protocol, _ in runs):
        for variant in VARIANTS:
            names = {model: f"{model} {variant}" for model in MODELS}
            if all(_n_seeds(runs.get((protocol, name), {})) > 1 for name in names.values()):
                trio = {model: runs[protocol, name] for model, name in names.items()}
                verdicts += _orders(trio, f"{variant}, {protocol} protocol", majority[protocol])
    return tuple(verdicts)


def _n_seeds(runs: Runs) -> int:
    return max(map(len, runs.values()), default=0)


def _finished(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _mean(values: Sequence[float]) -> float:
    finished = _finished(values)
    return float(np.mean(finished)) if finished else math.nan


def _numbers(name: str, runs: Runs, published: Mapping[str, float]) -> list[Verdict]:
    return [
        _number(f"{name}: {metric} {value:.4f}", metric, runs[metric], value) for metric, value in published.items()
    ]


def _number(claim: str, metric: str, values: Sequence[float], published: float) -> Verdict:
    finished = _finished(values)
    if len(finished) < 2:
        return Verdict(claim=claim, holds=False, evidence=f"only {len(finished)} of {len(values)} runs did not fail")
    interval = prediction_interval(finished, 0.95)
    low, high = np.clip((interval.low, interval.high), 0.0, np.inf if metric == "loss" else 1.0)
    return Verdict(
        claim=claim,
        holds=bool(low <= published <= high),
        evidence=f"95 % of runs fall into {low:.4f} to {high:.4f}, with mean {np.mean(finished):.4f}",
    )


def _orders(trio: Mapping[str, Runs], where: str, majority: float) -> list[Verdict]:
    accuracy = {model: np.asarray(runs["accuracy"]) for model, runs in trio.items()}
    others = np.maximum(accuracy["vanilla"], accuracy["L1"])
    lead = accuracy["L2"] / accuracy["vanilla"] - 1
    leads = _finished(lead.tolist()) or [math.nan]
    # "About 3.44 %" is a size, so it has to lie in the interval of the mean; "in every run" is the smallest lead.
    size = t_interval(leads) if len(leads) == len(lead) else None
    learns = {model: float(np.mean(values > majority + 0.01)) for model, values in accuracy.items()}
    n_wins = int(np.sum(accuracy["L2"] > others))
    return [
        Verdict(
            claim=f"all three models learn ({where})",
            holds=min(learns.values()) == 1.0,
            evidence="share of seeds above the larger class ("
            f"{majority:.3f}): " + ", ".join(f"{model} {value:.0%}" for model, value in learns.items()),
        ),
        Verdict(
            claim=f"L2 with RMSprop wins ({where})",
            holds=n_wins == len(lead),
            evidence=f"L2 is the most accurate with {n_wins} of {len(lead)} seeds; mean accuracies "
            + ", ".join(f"{model} {_mean(values.tolist()):.4f}" for model, values in accuracy.items()),
        ),
        Verdict(
            claim=f"L2 is about 3.44 % better than vanilla in every run ({where})",
            holds=bool(size is not None and min(leads) > 0 and size.low <= CLAIMED_LEAD <= size.high),
            evidence=f"its lead is {_mean(leads):+.2%} on the mean, {min(leads):+.2%} to {max(leads):+.2%} over seeds",
        ),
    ]
