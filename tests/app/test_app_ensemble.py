"""Which trials make the ensemble of a finals, and what becomes of it where it wins."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from quick import LEAN, QUICK

import songpop
from songpop.app.records import SweepOutcome
from songpop.search.finals import Finals, Origin, verdict


def entered(outcome: SweepOutcome) -> list[Origin]:
    assert outcome.finals is not None
    return [one.contestant.origin for one in outcome.finals.finalists]


def test_an_ensemble_takes_part_and_is_no_worse_than_its_members_mean(songs: pd.DataFrame, tmp_path: Path) -> None:
    outcome = songpop.sweep(
        songs, **{**QUICK, **LEAN}, search__n_trials=8, pruner="none", finals__n_seeds=3, paths__root=str(tmp_path)
    )
    assert outcome.finals is not None
    (ensemble,) = [one for one in outcome.finals.finalists if one.contestant.origin is Origin.ensemble]
    members = {member.params: member.n_votes for member in ensemble.contestant.members}
    of_members = [one for one in outcome.finals.finalists if one.contestant.params in members and one is not ensemble]
    assert len(of_members) == len(members) >= 2
    # Log loss is convex: the mean's is at most the mean of theirs.
    weights = [members[one.contestant.params] for one in of_members]
    for place, value in enumerate(ensemble.values):
        bound = sum(w * one.values[place] for w, one in zip(weights, of_members, strict=True)) / sum(weights)
        assert value <= bound + 1e-6


@pytest.mark.parametrize("settings", [{"finals.n_members": 0}, {"finals.n_members": 1}, {"finals.kind": "single"}])
def test_no_ensemble_where_none_is_wanted(songs: pd.DataFrame, tmp_path: Path, settings: dict[str, object]) -> None:
    outcome = songpop.sweep(songs, **{**QUICK, **LEAN, **settings}, finals__n_seeds=2, paths__root=str(tmp_path))
    assert Origin.ensemble not in entered(outcome)


def won_by_the_ensemble(*told: Any) -> Finals:
    """The verdict, but for the winner."""
    finals = verdict(*told)
    places = [place for place, one in enumerate(finals.finalists) if one.contestant.members]
    return replace(finals, winner=places[0])


@pytest.mark.slow
def test_an_ensemble_that_wins_is_crowned_promoted_and_takes_part_in_the_next_finals(
    songs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songpop.app.finals.verdict", won_by_the_ensemble)  # on these rows it wins by luck only
    told: list[SweepOutcome] = []
    words = {**QUICK, **LEAN, "pruner": "none", "finals__n_seeds": 3, "paths__root": str(tmp_path)}
    for votes in ({0: 2, 1: 1}, {0: 2, 1: 1}, {0: 3, 1: 1}):
        monkeypatch.setattr("songpop.app.conclusion.ensemble_votes", lambda *_, votes=votes: votes)
        told.append(songpop.sweep(songs, **words, search__name="first"))
    champions = [one.champion for one in told if one.champion]
    assert [(one.kind, one.n_models, one.votes) for one in champions] == [
        ("ensemble", 6, (2, 2, 2, 1, 1, 1)),
        ("ensemble", 6, (2, 2, 2, 1, 1, 1)),
        ("ensemble", 6, (3, 3, 3, 1, 1, 1)),
    ]
    # The same runs with other votes are another model: it is looked at, and logged, anew.
    assert champions[0] == champions[1]
    assert champions[0].run_ids == champions[2].run_ids
    assert [one.n_test_openings for one in champions] == [1, 1, 2]
    assert champions[0].test != champions[2].test

    songpop.promote(paths__root=str(tmp_path), gates__baselines=[], gates__calibration=1.0)  # three epochs beat nobody
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    page = client.get_logged_model(client.get_run(told[-1].parent_run_id).data.tags["songpop.model_id"])
    assert (page.params["optimizer"], page.params["learning_rate"]) == ("rmsprop | adam", "0.001")  # of known points

    assert told[-1].finals is not None
    winner = told[-1].finals.finalists[told[-1].finals.winner or 0].contestant
    monkeypatch.setattr("songpop.app.conclusion.ensemble_votes", lambda *_: {})
    after = songpop.sweep(songs, **words, search__name="next", search__seed=1)
    assert after.finals is not None
    (again,) = [one.contestant for one in after.finals.finalists if one.contestant.members]
    assert (again.origin, again.is_champion, again.members) == (Origin.champion, True, winner.members)
