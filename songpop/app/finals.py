"""The finals of a sweep: who takes part, their runs by the sweep's own engine and recorder, the verdict."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, final

from songpop.app.engines import MIN_ROUNDS, n_slots_of, started_engine
from songpop.app.listener import Listener
from songpop.app.prepare import Prepared, base_params, searched_space
from songpop.app.resampling import Resampled, resampled
from songpop.contracts import FinishedTrial, Params, TrialResult, TrialSpec, TrialState
from songpop.models.topology import hidden_widths, weight_shapes
from songpop.search.driver import run_search
from songpop.search.finals import Contestant, Finals, Origin, contestants_of, final_seed, verdict
from songpop.search.finals_backend import FinalsBackend
from songpop.search.optuna_backend import OptunaBackend
from songpop.settings import SweepSettings
from songpop.space.identity import identity_of
from songpop.tracking.final_runs import FinalRuns
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store

N_LINES = 10  # that tell how far they are


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldFinals:
    """Finals that were held: the verdict, and the winner's runs, one per resample."""

    finals: Finals
    resampled: Resampled
    results: tuple[TrialResult, ...]  # of the winner; empty where there is none
    run_ids: tuple[str, ...]


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


def contestants(settings: SweepSettings, backend: OptunaBackend, champion: Params | None) -> tuple[Contestant, ...]:
    """Return who takes part in the finals of a search.

    Args:
        settings: of the sweep.
        backend: its search.
        champion: the present champion's hyperparameters, where there is one.
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
    present = None if champion is None or not finals.with_champion else _champion(champion)
    return contestants_of(tried, finals.n_configs, known, present)


def _champion(params: Params) -> Contestant:
    default = asdict(Params())
    told = {name: value for name, value in asdict(params).items() if value != default[name]}
    return Contestant(origin=Origin.champion, params=params, suggested=told)


def digest_of(settings: SweepSettings, entered: Sequence[Contestant]) -> str:
    """Return what makes two finals of one study the same: who takes part, how often, and what becomes of the winner."""
    finals = settings.finals
    how = [finals.n_seeds, finals.kind.value, finals.alpha, settings.search.seed]
    text = json.dumps([[identity_of(one.params) for one in entered], how])
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
    specs = _specs(settings, entered)
    listener.note(
        f"Finals: the {len(entered)} best and known configurations again, each on {n_resamples} other cuts of training "
        f"and validation rows ({len(specs)} runs)."
    )
    backend, line = FinalsBackend(specs, n_resamples), _Line(listener, len(specs))
    n_to_come = len(specs) * MIN_ROUNDS  # nothing is learnt from them, so that all slots may be filled
    with started_engine(settings.engine, ground.prepared.task, n_to_come) as engine:
        runs = FinalRuns(store, run, n_slots_of(settings.engine, n_to_come))  # workers start meanwhile
        summary = run_search(backend, engine, lambda: runs, on_progress=line.tell, hurry=run.patience.give_up)
    runs.finish(is_interrupted=summary.interrupted)
    if summary.interrupted:
        return None
    places = {place: range(place * n_resamples, (place + 1) * n_resamples) for place in range(len(entered))}
    finals = verdict(
        entered,
        {place: [backend.results[number].value for number in numbers] for place, numbers in places.items()},
        [_n_weights(one.params, ground.prepared.task.resamples[0].train.x.shape[1]) for one in entered],
        ground.validation_ratio,
        settings.finals.alpha,
    )
    won = () if finals.winner is None else places[entered.index(finals.finalists[finals.winner].contestant)]
    return HeldFinals(
        finals=finals,
        resampled=ground,
        results=tuple(backend.results[number] for number in won),
        run_ids=tuple(backend.run_ids[number] for number in won),
    )


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


def _n_weights(params: Params, n_features: int) -> int:
    sizes = (n_features, *hidden_widths(params), 1)
    return sum(rows[0] * (rows[1] if len(rows) > 1 else 1) for rows in weight_shapes(sizes))
