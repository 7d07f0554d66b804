"""What a sweep puts forward: the models of a finals' winner, or the search's best trial as it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songpop.app.finals import HeldFinals, median_of
from songpop.app.prepare import Prepared
from songpop.contracts import FinishedTrial, Indices, Params, Split, TrialSpec, Vector
from songpop.models.ensemble import average
from songpop.models.export import assemble, predict_rows
from songpop.settings import ChampionKind
from songpop.tracking.runs import SweepRun


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A model before its sealed rows are opened.

    `rows` and `chance`: rows that it was not trained on (R,), and its probabilities there; a threshold is chosen by
    them.
    """

    kind: ChampionKind
    model: Any  # keras.Model, raw matrix (R, C) to probability (R, 1)
    n_models: int
    n_seeds: int  # with so many the configuration was trained before it was chosen
    params: Params
    run_ids: tuple[str, ...]
    val_log_loss: float  # mean over its models
    rows: Indices
    chance: NDArray[np.float64]
    reason: str


def entry_of_search(prepared: Prepared, run: SweepRun, best: FinishedTrial, spec: TrialSpec) -> Entry:
    """Return the search's best trial as it is.

    Raises:
        ArtifactError: if its weights are gone.
    """
    table, rows = prepared.ground.table, prepared.ground.split.validation
    model = assemble(prepared.preprocessing, spec.params, run.load_weights(best.run_id))
    return Entry(
        kind=ChampionKind.single,
        model=model,
        n_models=1,
        n_seeds=1,
        params=spec.params,
        run_ids=(best.run_id,),
        val_log_loss=best.value,
        rows=rows,
        chance=predict_rows(model, table.matrix[rows]).astype(np.float64),
        reason="the search's best trial, without finals",
    )


def entry_of_finals(held: HeldFinals, kind: ChampionKind) -> Entry:
    """Return the models of the winner, or the median one of them."""
    chosen = list(range(len(held.results))) if kind is ChampionKind.bag else [median_of(held.results)]
    results = [held.results[place] for place in chosen]
    members = [
        assemble(held.resampled.preprocessings[place], result.spec.params, result.weights or (), f"member_{place}")
        for place, result in zip(chosen, results, strict=True)
    ]
    rows, chance = _joint([(held.resampled.parts[p].validation, held.results[p].val_predictions) for p in chosen])
    return Entry(
        kind=kind,
        model=average(members),
        n_models=len(members),
        n_seeds=len(held.results),
        params=results[0].spec.params,
        run_ids=tuple(held.run_ids[place] for place in chosen),
        val_log_loss=float(np.mean([result.value for result in results])),
        rows=rows,
        chance=chance,
        reason=held.finals.reason,
    )


def known_rows(split: Split) -> Indices:
    """Return the rows that are not sealed."""
    return np.sort(np.concatenate([split.train, split.validation]))


def _joint(predicted: list[tuple[Indices, Vector | None]]) -> tuple[Indices, NDArray[np.float64]]:
    """Return the rows that some model was not trained on, and the mean of the probabilities that these models give."""
    rows = np.concatenate([part for part, _ in predicted])
    chance = np.concatenate([np.empty(0) if found is None else found for _, found in predicted])
    distinct, place = np.unique(rows, return_inverse=True)
    return distinct, np.bincount(place, weights=chance) / np.bincount(place)
