"""One handler per command: call `app`, print the outcome, return the exit status."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from songpop.cli.endings import INTERRUPTED
from songpop.cli.hints import Hints
from songpop.cli.screen import Screen
from songpop.compose import Settings, compose_variants, recorded_settings, run_with_hydra
from songpop.errors import GateError, RefusedError, SongpopError, StoreError
from songpop.settings import check_reproduce, check_sweep

STOPPED = "Stopped."  # how a page ends; nothing was interrupted that could go on
Handler = Callable[[Any, Screen], tuple[Any, int]]


def run_command(command: str, arguments: Sequence[str], *, as_json: bool) -> int:
    """Compose the settings of `command`, run it, and print a table or one JSON object."""
    handler = HANDLERS[command]

    def task(settings: Settings) -> int:
        # Everything that is not the result goes to standard error, so that --json stays one object.
        is_multirun = bool({"-m", "--multirun"} & set(arguments))
        hints = Hints.of(settings, is_multirun=is_multirun)
        screen = Screen(as_json=as_json, hints=hints)
        try:
            outcome, status = handler(settings, screen)
        except SongpopError as error:
            # Its remedy may be a command, which needs the same store and model.
            error.args = (hints.completed(str(error)),)
            if isinstance(error, RefusedError):
                error.gates = tuple(replace(gate, sentence=hints.completed(gate.sentence)) for gate in error.gates)
                screen.refusal(error.gates)
            raise
        if as_json:
            if status == INTERRUPTED:
                screen.note("songpop: interrupted; what was finished is kept, and the same command goes on with it.")
            _write_json(outcome)
        return status

    return run_with_hydra(command, arguments, task)


def _write_json(outcome: Any) -> None:
    from songpop.app.records import as_json as plain

    sys.stdout.write(json.dumps(plain(outcome), allow_nan=False, default=str) + "\n")


def _sweep(settings: Any, screen: Screen) -> tuple[Any, int]:
    _look_before(settings)
    from songpop.app.warm_up import warm_up

    warm_up(settings.engine)
    from songpop.app.sweep import sweep

    with screen.live():
        outcome = sweep(settings, listener=screen)
    if not outcome.n_trials and not outcome.interrupted:
        raise GateError(f"a sweep needs one finished trial, but none was trained: {outcome.ended_because}.")
    if outcome.best is None and not outcome.interrupted:
        raise GateError(
            f"a sweep needs one finished trial to have a winner, but of {outcome.n_trials} trials "
            f"{outcome.n_pruned} were pruned and {outcome.n_failed} failed. Look at their runs, or widen the space."
        )
    if outcome.champion is None and not outcome.interrupted:
        n_finalists = len(outcome.finals.finalists) if outcome.finals else 0
        raise GateError(
            f"the finals need one configuration whose runs all end with finite numbers, but each of {n_finalists} had "
            "a run that failed. Look at their runs, or narrow the space."
        )
    screen.sweep(outcome)
    return outcome, INTERRUPTED if outcome.interrupted else 0


def _train(settings: Any, screen: Screen) -> tuple[Any, int]:
    _look_before(settings)
    from songpop.app.warm_up import warm_up

    warm_up(settings.engine)
    from songpop.app.train import train

    protocols = [protocol.value for protocol in settings.train.protocols]
    variants: list[Any] = [settings]
    if protocols:
        variants = [*compose_variants("train", "protocol", protocols)]
    with screen.live():
        outcome = train(variants, listener=screen)
    models = [model for protocol in outcome.protocols for model in protocol.models]
    if not any(model.intervals for model in models):
        n_failed = sum(model.n_failed for model in models)
        raise GateError(
            f"a training needs one run that ends with finite numbers, but all {n_failed} failed. "
            "Look at their runs; a smaller optimizer.learning_rate may help."
        )
    screen.train(outcome)
    return outcome, 0


def _look_before(settings: Any) -> None:
    """Find out what can be known before TensorFlow is imported, which takes seconds."""
    check_sweep(settings)
    if settings.data.path is not None:
        from songpop.data.reading import find_file

        find_file(settings.data.path)


def _check(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.check import check

    outcome = check(settings, listener=screen)
    screen.check(outcome)
    return outcome, 0


def _compare(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.registry import compare

    outcome = compare(settings)
    screen.compare(outcome)
    return outcome, 0


def _promote(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.registry import promote

    outcome = promote(settings, listener=screen)
    screen.promotion(outcome)
    return outcome, 0


def _rollback(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.registry import rollback

    outcome = rollback(settings, listener=screen)
    screen.rollback(outcome)
    return outcome, 0


def _history(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.registry import history

    outcome = history(settings)
    if outcome.note is not None:
        outcome = replace(outcome, note=screen.hints.completed(outcome.note))
    screen.history(outcome)
    return outcome, 0


def _reproduce(settings: Any, screen: Screen) -> tuple[Any, int]:
    check_reproduce(settings)  # before MLflow is imported
    from songpop.app.reproduce import reproduce

    with screen.live():
        outcome = reproduce(settings, recorded_settings, listener=screen)
    screen.reproduce(outcome)
    return outcome, 0 if outcome.n_same == outcome.n_runs else GateError.exit_status


def _predict(settings: Any, screen: Screen) -> tuple[Any, int]:
    if settings.output is not None and settings.input not in (None, "sample"):
        from songpop.data.reading import find_file

        find_file(settings.input, "input")  # before TensorFlow is imported
    from songpop.models.threads import answer_on_every_core

    answer_on_every_core()
    from songpop.app.predict import predict

    try:
        outcome = predict(settings, listener=screen)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; nothing was written.") from None
    screen.predict(outcome)
    return outcome, 0


def _doctor(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.doctor import doctor

    outcome = doctor(settings)
    told = [replace(one, remedy=screen.hints.completed(one.remedy)) for one in outcome.findings]
    outcome = replace(outcome, findings=tuple(told))
    screen.doctor(outcome)
    return outcome, 0 if outcome.is_well else StoreError.exit_status


def _ui(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.ui import serve_ui

    outcome = serve_ui(settings, listener=screen)
    screen.note(STOPPED)
    return outcome, 0


def _dashboard(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.app.dashboard import serve_dashboard

    serve_dashboard(settings, listener=screen)
    screen.note(STOPPED)
    return {}, 0


def _serve(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.models.threads import answer_on_every_core

    answer_on_every_core()
    from songpop.app.serve import serve_page

    serve_page(settings, listener=screen)
    screen.note(STOPPED)
    return {}, 0


def _report(settings: Any, screen: Screen) -> tuple[Any, int]:
    from songpop.models.threads import answer_on_every_core

    answer_on_every_core()
    from songpop.app.report import report

    with screen.live():
        outcome = report(settings, recorded_settings, listener=screen)
    screen.report(outcome)
    return outcome, 0


HANDLERS: dict[str, Handler] = {
    "sweep": _sweep,
    "train": _train,
    "compare": _compare,
    "promote": _promote,
    "rollback": _rollback,
    "history": _history,
    "reproduce": _reproduce,
    "predict": _predict,
    "serve": _serve,
    "report": _report,
    "check": _check,
    "doctor": _doctor,
    "ui": _ui,
    "dashboard": _dashboard,
}
