"""What a person may type after a sweep: each command with what it does; none that the default gates must refuse."""

from collections.abc import Mapping
from typing import Any

from songpop.cli.hints import Hints
from songpop.overrides import quoted
from songpop.settings import GateSettings

PUBLISHED_GATES = "gates=published"  # asks for one seed


def after_sweep(outcome: Any, hints: Hints) -> Mapping[str, str]:
    """Return the next commands of a sweep that has a champion, by their words."""
    model, allowed = [], []
    if outcome.leaks:
        name = f"songpop-{outcome.protocol}-leaky"  # conf/promote.yaml allows the published one
        model = [f"registry.model={name}"]
        if outcome.protocol == "published":
            allowed = [PUBLISHED_GATES]
        else:
            allowed = [f"+registry.allowed_leaks={quoted({name: list(outcome.leaks)})}"]
    # Without a name, promote takes the sweep that was begun last.
    sweep = [] if outcome.is_newest and not hints.is_multirun else [f"sweep={outcome.sweep}"]
    commands = {hints.command("compare"): "compare these sweeps"} if hints.is_multirun else {}
    commands[hints.command("ui")] = f"compare the runs in the MLflow UI ({outcome.tracking_uri})"
    if PUBLISHED_GATES in allowed or _n_seeds(outcome) >= GateSettings().min_seeds:
        commands[hints.command("promote", *sweep, *model, *allowed)] = "put the best model into the registry"
        commands[hints.predict(hints.table, *model)] = "rank songs with it"
    return commands


def finals_advice(outcome: Any) -> str | None:
    """Return what has to come before a promotion; None where nothing has."""
    n_seeds, bound = _n_seeds(outcome), GateSettings().min_seeds
    if n_seeds >= bound or (outcome.leaks and outcome.protocol == "published"):
        return None
    more = "finals=default" if outcome.finals is None else f"finals.n_seeds={bound} or more"
    return (
        f"Its configuration was chosen by {n_seeds} seed{'s' * (n_seeds != 1)}, and by default promote asks for "
        f"{bound} (gates.min_seeds): the same sweep command with {more} holds finals over the trials that are there."
    )


def _n_seeds(outcome: Any) -> int:
    return 1 if outcome.finals is None else int(outcome.finals.n_resamples)
