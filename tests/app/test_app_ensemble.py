"""Which trials make the ensemble of a finals."""

from pathlib import Path

import pandas as pd
import pytest
from quick import LEAN, QUICK

import songpop
from songpop.app.records import SweepOutcome
from songpop.search.finals import Origin


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
