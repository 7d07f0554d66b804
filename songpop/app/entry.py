"""What a sweep puts forward: the models of a finals' winner, or the search's best trial as it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songpop.app.finals import HeldFinals, median_of
from songpop.app.prepare import Prepared
from songpop.contracts import FinishedTrial, Indices, Params, Split, TrialResult, TrialSpec, Vector
from songpop.models.ensemble import average
from songpop.models.export import Trained, assemble, predict_rows
from songpop.settings import ChampionKind
from songpop.tracking.runs import SweepRun

ENSEMBLE = "ensemble"  # kind of an entry that the ensemble has won for


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A model before its sealed rows are opened.

    `rows` and `chance`: rows that it was not trained on (R,), and its probabilities there; a threshold is chosen by
    them.
    """

    kind: str  # single, bag or ensemble
    model: Any  # keras.Model, raw matrix (R, C) to probability (R, 1)
    n_models: int
    n_seeds: int  # with so many the configuration was trained before it was chosen
    params: tuple[Params, ...]  # its configurations, the heaviest first: one, or those of an ensemble
    run_ids: tuple[str, ...]
    votes: tuple[int, ...]  # of each of these runs' models in the mean
    val_log_loss: float  # mean over its models
    rows: Indices
    chance: NDArray[np.float64]
    unseen: tuple[Indices, ...]  # of each of its models: rows that it was not trained on
    reason: str


def entry_of_search(prepared: Prepared, run: SweepRun, best: FinishedTrial, spec: TrialSpec) -> Entry:
    """Return the search's best trial as it is.

    Raises:
        ArtifactError: if its weights are gone.
    """
    table, rows = prepared.ground.table, prepared.ground.split.validation
    trained = Trained(preprocessing=prepared.preprocessing, params=spec.params, weights=run.load_weights(best.run_id))
    model = assemble(trained)
    return Entry(
        kind=ChampionKind.single.value,
        model=model,
        n_models=1,
        n_seeds=1,
        params=(spec.params,),
        run_ids=(best.run_id,),
        votes=(1,),
        val_log_loss=best.value,
        rows=rows,
        chance=predict_rows(model, table.matrix[rows]).astype(np.float64),
        unseen=(rows,),
        reason="the search's best trial, without finals",
    )


def entry_of_finals(held: HeldFinals, kind: ChampionKind) -> Entry:
    """Return the models of the winner, or the median one of them; of an ensemble all, each with its votes."""
    winner = held.finals.finalists[held.finals.winner or 0]
    is_ensemble = bool(winner.contestant.members)
    is_one = kind is ChampionKind.single and not is_ensemble
    chosen = [median_of(held.results)] if is_one else list(range(len(held.results)))
    results, votes = [held.results[place] for place in chosen], [held.votes[place] for place in chosen]
    numbers = [_resample(result) for result in results]
    members = [
        Trained(
            preprocessing=held.resampled.preprocessings[number],
            params=result.spec.params,
            weights=result.weights or (),
            n_votes=n_votes,
        )
        for number, result, n_votes in zip(numbers, results, votes, strict=True)
    ]
    parts = [held.resampled.parts[number].validation for number in numbers]
    rows, chance = _joint(parts, [result.val_predictions for result in results], votes)
    return Entry(
        kind=ENSEMBLE if is_ensemble else kind.value,
        model=average(members),
        n_models=len(members),
        n_seeds=len(winner.values),
        params=tuple(dict.fromkeys(result.spec.params for result in results)),
        run_ids=tuple(held.run_ids[place] for place in chosen),
        votes=tuple(votes),
        val_log_loss=results[0].value if is_one else float(np.mean(winner.values)),
        rows=rows,
        chance=chance,
        unseen=tuple(parts),
        reason=held.finals.reason,
    )


def known_rows(split: Split) -> Indices:
    """Return the rows that are not sealed."""
    return np.sort(np.concatenate([split.train, split.validation]))


def _resample(result: TrialResult) -> int:
    assert result.spec.resample is not None, "a run of the finals has a resample"
    return result.spec.resample


def _joint(
    parts: list[Indices], predicted: list[Vector | None], votes: list[int]
) -> tuple[Indices, NDArray[np.float64]]:
    """Return the rows that some model was not trained on, and the mean of the probabilities that these models give."""
    rows = np.concatenate(parts)
    chance = np.concatenate([np.empty(0) if found is None else found for found in predicted])
    weights = np.repeat(votes, [len(part) for part in parts]).astype(np.float64)
    distinct, place = np.unique(rows, return_inverse=True)
    return distinct, np.bincount(place, weights=chance * weights) / np.bincount(place, weights=weights)
