"""Which trials of a search make the ensemble of its finals: by the validation predictions that the search kept."""

from collections.abc import Mapping

import numpy as np

from songpop.app.listener import Listener
from songpop.app.prepare import Prepared
from songpop.app.search_record import SearchRecord
from songpop.contracts import FinishedTrial, TrialState
from songpop.search.selection import select
from songpop.search.study_backend import StudyBackend
from songpop.settings import ChampionKind, SweepSettings
from songpop.tracking.predictions import load_predictions

_N_LIBRARY = 100  # of the best trials: who is far behind helps no mean, and each costs time
_VOTES_A_MEMBER = 3  # so that weights can differ
_STREAM = 0xE5  # of the search's seed


def ensemble_votes(
    settings: SweepSettings, prepared: Prepared, record: SearchRecord, backend: StudyBackend, listener: Listener
) -> Mapping[int, int]:
    """Return trial → votes, the heaviest first; empty where no ensemble is wanted or can be.

    Only the split's own validation rows are looked at. Trials of a search of before predictions were kept, or whose
    file is damaged, take no part.
    """
    n_members = settings.finals.n_members
    if n_members < 2 or settings.finals.kind is not ChampionKind.bag:
        return {}
    kept, n_damaged = load_predictions(record.store, record.run.run_id)
    if n_damaged:
        listener.note(f"{n_damaged} files of validation predictions are damaged: their trials are in no ensemble.")
    y = prepared.task.validation.y
    library = [trial for trial in _best(backend.finished()) if len(kept.get(trial.trial, ())) == len(y)]
    if len(library) < 2:
        return {}
    chosen = select(
        np.stack([kept[trial.trial] for trial in library]),
        y,
        n_members=n_members,
        n_votes=n_members * _VOTES_A_MEMBER,
        seed=int(np.random.SeedSequence([settings.search.seed, _STREAM]).generate_state(1)[0]),
    )
    return {library[vote.place].trial: vote.n_votes for vote in chosen}


def _best(trials: tuple[FinishedTrial, ...]) -> list[FinishedTrial]:
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    distinct = {tuple(sorted(trial.suggested.items())): trial for trial in sorted(complete, key=lambda t: -t.value)}
    return sorted(distinct.values(), key=lambda trial: (trial.value, trial.trial))[:_N_LIBRARY]
