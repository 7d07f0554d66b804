"""The finals of a sweep: who takes part, their runs by the sweep's own engine and recorder, the verdict."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, final

from songpop.app.engines import MIN_ROUNDS, n_slots_of, started_engine
from songpop.app.listener import Listener
from songpop.app.prepare import Prepared, base_params, searched_space
from songpop.app.resampling import Resampled, resampled
from songpop.contracts import FinishedTrial, Params, Task, TrialResult, TrialSpec, TrialState
from songpop.evaluation.metrics import log_loss
from songpop.models.embeddings import embedding_of
from songpop.models.inputs import input_places
from songpop.models.topology import layer_sizes, normalization_size, weight_shapes
from songpop.search.driver import run_search
from songpop.search.finals import Contestant, Finals, Member, Origin, contestants_of, final_seed, unusual, verdict
from songpop.search.finals_backend import FinalsBackend
from songpop.search.selection import weighted
from songpop.search.study_backend import StudyBackend
from songpop.settings import ChampionKind, SweepSettings
from songpop.space.identity import identity_of
from songpop.tracking.final_runs import FinalRuns
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store

N_LINES = 10  # that tell how far they are


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldFinals:
    """Finals that were held: the verdict, and the winner's runs, one per resample, of an ensemble each member's."""

    finals: Finals
    resampled: Resampled
    results: tuple[TrialResult, ...]  # of the winner; empty where there is none
    run_ids: tuple[str, ...]
    votes: tuple[int, ...]  # of each of these runs: 1, or those of its member


@final
class _Line:
    """Tells how far the finals are, some ten times: a run is over in a tenth of a second."""

    def __init__(self, listener: Listener, n_total: int) -> None:
        self._listener = listener
        self._n_total = n_total
        self._every = max(1, n_total // N_LINES)

    def tell(self, progress: Any) -> None:
        """Take the state after a finished run."""
        if progress.n_finished % self._every == 0 or progress.n_finished == self._n_total:
            self._listener.step("finals", progress.n_finished, self._n_total)


def contestants(
    settings: SweepSettings, backend: StudyBackend, champion: Mapping[Params, int], votes: Mapping[int, int]
) -> tuple[Contestant, ...]:
    """Return who takes part in the finals of a search.

    Args:
        settings: of the sweep.
        backend: its search.
        champion: the present champion's configurations, each with its votes, the heaviest first; empty: none.
        votes: trial → its votes in an ensemble, the heaviest first; empty: no ensemble takes part.
    """
    space, base, finals = searched_space(settings), base_params(settings), settings.finals

    def entry(trial: FinishedTrial, origin: Origin) -> Contestant:
        is_complete = trial.state is TrialState.COMPLETE
        return Contestant(
            origin=origin,
            params=space.to_params(trial.suggested, base),
            suggested=trial.suggested,
            trial=trial.trial,
            search_value=trial.value if is_complete else None,
        )

    tried = [entry(t, Origin.search) for t in backend.finished() if t.state is TrialState.COMPLETE]
    known = [entry(t, Origin.known) for t in backend.known()] if finals.with_known_points else []
    present = _champion(champion) if champion and finals.with_champion else None
    by_number = {one.trial: one for one in tried}
    members = [(by_number[trial], n_votes) for trial, n_votes in votes.items()]
    entered = contestants_of(tried, finals.n_configs, known, present, members)
    # Where one model is asked for, an ensemble cannot be the answer; its members can.
    return tuple(one for one in entered if finals.kind is ChampionKind.bag or not one.members)


def _champion(votes: Mapping[Params, int]) -> Contestant:
    """Return the present champion: a configuration, or several with their votes."""
    members = tuple(Member(params=params, n_votes=n_votes) for params, n_votes in votes.items())
    if len(members) > 1:
        told = {"mean of": f"{len(members)} configurations, the champion's"}
        return Contestant(origin=Origin.champion, params=members[0].params, suggested=told, members=members)
    return Contestant(origin=Origin.champion, params=members[0].params, suggested=unusual(members[0].params))


def digest_of(settings: SweepSettings, entered: Sequence[Contestant]) -> str:
    """Return what makes two finals of one study the same: who takes part, how often, and what becomes of the winner."""
    finals = settings.finals
    how = [finals.n_seeds, finals.kind.value, finals.alpha, settings.search.seed]
    votes = [[[identity_of(m.params), m.n_votes] for m in one.members] for one in entered if one.members]
    singles = [identity_of(one.params) for one in entered if not one.members]
    text = json.dumps([singles, how, *votes])  # without an ensemble what it was before there were any
    return sha256(text.encode()).hexdigest()


def hold_finals(
    settings: SweepSettings,
    prepared: Prepared,
    entered: Sequence[Contestant],
    store: Store,
    run: SweepRun,
    listener: Listener,
) -> HeldFinals | None:
    """Train every contestant on every resample, and judge; None if Ctrl-C ended it.

    Raises:
        StoreError: if a store takes no more; EngineError: if the processes that train could not.
    """
    n_resamples = settings.finals.n_seeds
    ground = resampled(settings, prepared, n_resamples)
    trained = [one for one in entered if not one.members]
    specs = _specs(settings, trained)
    listener.note(
        f"Finals: {len(trained)} configurations{_ensembles(len(entered) - len(trained))}, each on {n_resamples} other "
        f"cuts of training and validation rows ({len(specs)} runs)."
    )
    backend, line = FinalsBackend(specs, n_resamples), _Line(listener, len(specs))
    n_to_come = len(specs) * MIN_ROUNDS  # nothing is learnt from them, so that all slots may be filled
    with started_engine(settings.engine, ground.prepared.task, n_to_come) as engine:
        runs = FinalRuns(store, run, n_slots_of(settings.engine, n_to_come))  # workers start meanwhile
        summary = run_search(backend, engine, lambda: runs, on_progress=line.tell, hurry=run.patience.give_up)
    runs.finish(is_interrupted=summary.interrupted)
    if summary.interrupted:
        return None
    runs_of = {one.params: range(place * n_resamples, (place + 1) * n_resamples) for place, one in enumerate(trained)}
    task = ground.prepared.task
    finals = verdict(
        entered,
        {place: _values(one, backend, runs_of, task) for place, one in enumerate(entered)},
        [sum(_n_weights(m.params, task.resamples[0]) for m in _members(one)) for one in entered],
        ground.validation_ratio,
        settings.finals.alpha,
    )
    members = () if finals.winner is None else _members(finals.finalists[finals.winner].contestant)
    won = [(number, member.n_votes) for member in members for number in runs_of[member.params]]
    return HeldFinals(
        finals=finals,
        resampled=ground,
        results=tuple(backend.results[number] for number, _ in won),
        run_ids=tuple(backend.run_ids[number] for number, _ in won),
        votes=tuple(n_votes for _, n_votes in won),
    )


def _ensembles(n_ensembles: int) -> str:
    return "" if not n_ensembles else " and an ensemble" if n_ensembles == 1 else f" and {n_ensembles} ensembles"


def _members(one: Contestant) -> tuple[Member, ...]:
    """Return an ensemble's members; a configuration is its own only one."""
    return one.members or (Member(params=one.params, n_votes=1),)


def _values(
    one: Contestant, backend: FinalsBackend, runs_of: Mapping[Params, Sequence[int]], task: Task
) -> list[float]:
    """Return a contestant's validation log loss on each resample; an ensemble's is that of its members' mean."""
    if not one.members:
        return [backend.results[number].value for number in runs_of[one.params]]
    values = []
    for place, resample in enumerate(task.resamples):
        answers = [backend.results[runs_of[member.params][place]].val_predictions for member in one.members]
        whole = [answer for answer in answers if answer is not None]
        is_whole = len(whole) == len(answers)
        mean = weighted(whole, [m.n_votes for m in one.members]) if is_whole else None
        values.append(float("nan") if mean is None else log_loss(resample.validation.y, mean))
    return values


def median_of(results: Sequence[TrialResult]) -> int:
    """Return the place of the run whose objective is the median one, the better of the two in the middle."""
    order = sorted(range(len(results)), key=lambda place: results[place].value)
    return order[(len(results) - 1) // 2]


def _specs(settings: SweepSettings, entered: Sequence[Contestant]) -> list[TrialSpec]:
    n_resamples = settings.finals.n_seeds
    return [
        TrialSpec(
            trial=place * n_resamples + resample,
            params=one.params,
            seed=final_seed(settings.search.seed, resample),
            n_epochs=settings.train.epochs,
            patience=settings.train.early_stopping.patience,
            watch=settings.protocol.watch,
            resample=resample,
        )
        for place, one in enumerate(entered)
        for resample in range(n_resamples)
    ]


def _n_weights(params: Params, task: Task) -> int:
    """Return how many numbers a network learns: weights, not the knots of an embedding."""
    n_features = len(input_places(params.inputs, task.blocks, task.train.x.shape[1]))
    sizes = layer_sizes(params, n_features)
    shapes = (*embedding_of(params, n_features).trained, *weight_shapes(sizes))
    return sum(math.prod(shape) for shape in shapes) + normalization_size(params, sizes)
