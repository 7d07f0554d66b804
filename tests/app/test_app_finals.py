"""Who takes part in the finals of a search, and what makes two finals the same."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from quick import changed, sweep_settings

from songpop.app.finals import _n_weights, contestants, digest_of
from songpop.contracts import FinishedTrial, Params, Part, Task, TrialState
from songpop.models.mlp import build_network
from songpop.search.finals import Origin
from songpop.settings import ChampionKind, SweepSettings

VALUES = {0: 0.40, 1: 0.30, 2: None, 3: 0.35, 4: 0.32, 5: 0.31, 6: 0.33, 7: 0.34}


class Search:
    """A finished search: trials 0 and 2 were known points, 2 was pruned."""

    def finished(self) -> list[FinishedTrial]:
        return [
            FinishedTrial(
                trial=number,
                state=TrialState.COMPLETE if value else TrialState.PRUNED,
                suggested={**BASE, "learning_rate": 0.001 * (number + 1)},
                value=value or 0.2,
                n_epochs=3,
                best_epoch=3,
                run_id=f"run-{number}",
            )
            for number, value in VALUES.items()
        ]

    def known(self) -> list[FinishedTrial]:
        return [trial for trial in self.finished() if trial.trial in (0, 2)]


BASE = {
    "inputs": "rates", "widths": "128-64-32-16", "activation": "relu", "batch_size": 64, "first_regularized": 1,
    "regularization": "none",
    "dropout_first": 0.0, "dropout_later": 0.0, "optimizer": "adam", "schedule": "constant",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings() -> SweepSettings:
    return sweep_settings()


def entered(settings: SweepSettings, champion: Mapping[Params, int] | None = None) -> list[tuple[str, int | None]]:
    found = contestants(settings, Search(), champion or {}, {})  # type: ignore[arg-type]
    return [(one.origin.value, one.trial) for one in found]


def test_the_five_best_and_the_known_points(settings: SweepSettings) -> None:
    best = [("search", number) for number in (1, 5, 4, 6, 7)]
    assert entered(settings) == [*best, ("known", 0), ("known", 2)]


def test_the_champion_too(settings: SweepSettings) -> None:
    assert entered(settings, {Params(widths="7"): 1})[-1] == ("champion", None)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("finals.n_configs", 1, [("search", 1), ("known", 0), ("known", 2), ("champion", None)]),
        ("finals.with_known_points", False, [("search", n) for n in (1, 5, 4, 6, 7)] + [("champion", None)]),
        (
            "finals.with_champion",
            False,
            [("search", n) for n in (1, 5, 4, 6, 7)] + [("known", 0), ("known", 2)],
        ),
    ],
)
def test_settings_say_who(settings: SweepSettings, key: str, value: object, expected: list[object]) -> None:
    assert entered(changed(settings, key, value), {Params(widths="7"): 1}) == expected


def test_the_champions_settings_are_told_where_they_are_not_the_defaults(settings: SweepSettings) -> None:
    champion = contestants(settings, Search(), {Params(widths="7"): 1}, {})[-1]  # type: ignore[arg-type]
    assert (champion.origin, dict(champion.suggested)) == (Origin.champion, {"widths": "7"})


def test_a_champion_of_several_configurations_takes_part_whole_unless_one_model_is_asked_for(
    settings: SweepSettings,
) -> None:
    votes = {Params(widths="7"): 3, Params(widths="9"): 1}
    assert entered(settings, votes)[-3:] == [("member", None), ("member", None), ("champion", None)]
    alone = entered(changed(settings, "finals.kind", ChampionKind.single), votes)
    assert alone[-2:] == [("member", None), ("member", None)]
    (whole,) = [one for one in contestants(settings, Search(), votes, {}) if one.members]  # type: ignore[arg-type]
    assert whole.is_champion
    assert dict(whole.suggested) == {"mean of": "2 configurations, the champion's"}


def test_a_digest_knows_who_took_part_and_how_often(settings: SweepSettings) -> None:
    found = contestants(settings, Search(), {}, {})  # type: ignore[arg-type]
    digests = {
        digest_of(settings, found),
        digest_of(settings, found[1:]),
        digest_of(changed(settings, "finals.n_seeds", 3), found),
        digest_of(changed(settings, "search.seed", 3), found),
        digest_of(changed(settings, "finals.kind", ChampionKind.single), found),
        digest_of(changed(settings, "finals.alpha", 0.01), found),
    }
    assert len(digests) == 6
    renamed = [replace(one, trial=99, origin=Origin.known) for one in found]
    assert digest_of(settings, renamed) == digest_of(settings, found)


@pytest.mark.parametrize(
    ("params", "n_before"),
    [
        (Params(), 0),
        (Params(embedding="piecewise", n_bins=5), 6 * 5 * 8 + 6 * 8),
        (Params(embedding="periodic", n_frequencies=3, embedding_width=4), 6 * 3 + 6 * 6 * 4 + 6 * 4),
        (Params(normalization="layer"), None),
        (Params(normalization="layer", embedding="piecewise"), None),
        (Params(normalization="batch"), None),
    ],
)
def test_what_is_learnt_is_counted(params: Params, n_before: int | None) -> None:
    part = Part(x=np.zeros((4, 6), np.float32), y=np.zeros(4, np.float32))
    network = build_network(params, 6, 0)
    n_learnt = sum(int(np.prod(w.shape)) for w in network.trainable_variables)
    assert _n_weights(params, Task(train=part, validation=part)) == n_learnt
    assert n_before is None or n_learnt == n_before + sum(w.size for w in network.get_weights()[-10:])


def test_a_digest_knows_the_votes_of_an_ensemble(settings: SweepSettings) -> None:
    found = [contestants(settings, Search(), {}, votes) for votes in ({}, {0: 2, 3: 1}, {0: 1, 3: 2})]  # type: ignore[arg-type]
    assert len({digest_of(settings, one) for one in found}) == 3
