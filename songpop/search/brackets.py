"""Which trial is in which round of which of Hyperband's brackets: as KerasTuner's oracle has it, and as a study does.

The oracle alone decides who goes on. Its own record of a trial does not tell the bracket of one that goes on while the
next bracket has begun, nor the iteration; and its files would be a second study.
"""

from collections.abc import Mapping
from typing import Any, final

from songpop.search.advice import Round


@final
class Brackets:
    """The brackets of one Hyperband oracle."""

    def __init__(self, oracle: Any, reduction_factor: int) -> None:
        self._oracle = oracle
        self._factor = reduction_factor
        self._rounds: dict[int, Round] = {}
        self._is_behind = False  # the oracle does not know of all of them

    def round_of(self, trial: int, values: Mapping[str, Any]) -> Round:
        """Return the place of a trial that the oracle has just suggested with these values."""
        past = values.get("tuner/trial_id")
        goes_on_from = None if past is None else int(past)
        iteration, bracket = self._begun(trial) if goes_on_from is None else self._bracket_of(goes_on_from)
        found = Round(
            iteration=iteration,
            bracket=bracket,
            number=values["tuner/round"],
            reduction_factor=self._factor,
            pause_at=values["tuner/epochs"],
            goes_on_from=goes_on_from,
        )
        self._rounds[trial] = found
        return found

    def note(self, trial: int, place: Round) -> None:
        """Remember the place of a trial of an earlier call; of one that `round_of` was asked for it is known.

        Brackets of another reduction factor have other rounds: they stay as they are, and new ones begin.
        """
        if trial not in self._rounds and place.reduction_factor == self._factor:
            self._rounds[trial] = place
            self._is_behind = True

    def restore(self) -> None:
        """Tell the oracle of the trials that were noted; what was lost since is asked for again."""
        if not self._is_behind:
            return
        started = sorted({(one.iteration, -one.bracket) for one in self._rounds.values()})
        state = self._oracle.get_state()
        state["brackets"] = [self._told(iteration, -bracket) for iteration, bracket in started]
        state["current_iteration"], state["current_bracket"] = started[-1][0], -started[-1][1]
        self._oracle.set_state(state)
        self._is_behind = False

    def _told(self, iteration: int, bracket: int) -> dict[str, Any]:
        """Return a bracket in KerasTuner's form: by round, each trial and the one that it goes on from."""
        rounds: list[list[dict[str, str | None]]] = [[] for _ in range(bracket + 1)]
        for trial, one in sorted(self._rounds.items()):
            if (one.iteration, one.bracket) == (iteration, bracket):
                past = None if one.goes_on_from is None else str(one.goes_on_from)
                rounds[one.number].append({"past_id": past, "id": str(trial)})
        return {"bracket_num": bracket, "rounds": rounds}

    def _bracket_of(self, trial: int) -> tuple[int, int]:
        place = self._rounds[trial]
        return place.iteration, place.bracket

    def _begun(self, trial: int) -> tuple[int, int]:
        """Return iteration and bracket of a trial of a first round."""
        state = self._oracle.get_state()
        for bracket in state["brackets"]:
            names = [int(info["id"]) for info in bracket["rounds"][0]]
            if trial in names:
                known = [self._rounds[name].iteration for name in names if name in self._rounds]
                return (known or [state["current_iteration"]])[0], bracket["bracket_num"]
        raise KeyError(f"trial {trial} must be in a first round of Hyperband's brackets, but it is in none.")
