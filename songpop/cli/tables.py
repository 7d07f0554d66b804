"""The tables that a person sees, from the records that commands return."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from songpop.wording import number, share

STATUS = {"KILLED": "interrupted"}  # as the command that was interrupted said


def titled_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, n_left: int = 99) -> Table:
    """A table whose columns from the `n_left`-th on are numbers; a column "run id" is never folded, to be copied."""
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(columns):
        table.add_column(
            name, overflow="fold", justify="right" if place >= n_left else "left", no_wrap=name == "run id"
        )
    for row in rows:
        table.add_row(*row)
    return table


def train_table(protocol: Any, n_seeds: int) -> Table:
    """Mean and interval of every model under one protocol, the published number below each."""
    metrics = ("loss", "accuracy", "precision", "recall", "f1")
    rows = []
    for model in protocol.models:
        cells = [_mean(model.intervals.get(metric), model.published.get(metric)) for metric in metrics]
        rows.append((model.model, *cells, f"{model.mean_epochs:.0f}", str(model.n_failed)))
    title = (
        f"{protocol.protocol} protocol, {protocol.n_rows['test']:,} test rows, {n_seeds} seeds: mean ± 95 % (published)"
    )
    return titled_table(title, ("model", *metrics, "epochs", "failed"), rows, n_left=1)


def _mean(interval: Any, published: float | None) -> str:
    if interval is None:
        return "–"
    beside = "" if published is None else f"\n({published:.4f})"
    return f"{interval.mean:.4f} ± {number((interval.high - interval.low) / 2)}{beside}"


def sweeps_table(sweeps: Iterable[Any], n_test_openings: Mapping[str, int]) -> Table:
    """A row per sweep, with what its champion reached and how often its test rows were looked at."""
    rows = []
    for sweep in sweeps:
        metric = sweep.metrics.get
        numbers = (metric("best_val_log_loss"), metric("test_log_loss"), metric("test_roc_auc"))
        cells = (*map(number, numbers), share(metric("test_accuracy")), str(n_test_openings.get(sweep.run_id, 0)))
        rows.append((_origin(sweep), *cells))
    columns = ("sweep", "val\nlog loss", "test\nlog loss", "test\nROC\nAUC", "test\naccuracy", "opened")
    title = "Sweeps, the newest first (opened: how often anybody looked at these test rows)"
    return titled_table(title, columns, rows, n_left=1)


def tuners_table(searches: Iterable[Any]) -> Table:
    """A row per search of a tracked KerasTuner."""
    rows = []
    for search in searches:
        said = search.params.get
        cells = (said("oracle", "–"), said("objective", "–"), number(search.metrics.get("best_score")))
        rows.append((f"{search.name}\n{when(search)}", *cells))
    columns = ("search", "oracle", "objective", "best")
    return titled_table("Searches with KerasTuner, the newest first", columns, rows, n_left=3)


def trainings_table(rows: Iterable[Any], n_test_openings: Mapping[str, int]) -> Table:
    """A row per fixed model of each training: mean over its seeds and 95 % interval on the test rows."""
    lines: list[tuple[str, ...]] = []
    told = None
    for row in rows:
        cells = (_spread(row.metrics.get(metric)) for metric in ("log_loss", "roc_auc", "accuracy"))
        looks = str(n_test_openings.get(row.training.run_id, 0))
        is_next = row.training.run_id == told  # the training's own cells stand in its first row
        origin = "" if is_next else _origin(row.training)
        lines.append((origin, row.model, *cells, "" if is_next else looks))
        told = row.training.run_id
    columns = ("training", "model", "test log loss", "test\nROC AUC", "test accuracy", "opened")
    return titled_table("Trainings, the newest first: mean over seeds ± 95 %", columns, lines, n_left=2)


def _origin(run: Any) -> str:
    """What sweeps and trainings have in common, line by line: name, protocol and leak, time and status."""
    leaks = ", ".join(json.loads(run.tags.get("songpop.leaks", "[]")))
    protocol = run.tags.get("songpop.protocol", "–") + (f", LEAK: {leaks}" if leaks else "")
    return f"{run.name}\n{protocol}\n{when(run)}"


def when(run: Any) -> str:
    """Write when a run was begun, and how it ended."""
    return f"{datetime.fromtimestamp(run.started_at_s):%F %R}, {STATUS.get(run.status, run.status.lower())}"


def _spread(found: tuple[float, float, float] | None) -> str:
    return "–" if found is None else f"{found[0]:.4f}\n± {number((found[2] - found[1]) / 2)}"


def published_table(sweep: Any, published: Any) -> Table:
    """A published-protocol champion beside the published numbers."""
    metrics = ("loss", "accuracy", "precision", "recall", "f1")
    found = {"loss": sweep.metrics.get("test_log_loss"), **{m: sweep.metrics.get(f"test_{m}") for m in metrics[1:]}}
    rows = [(f"{sweep.name} (loss without penalty)", *(number(found[metric]) for metric in metrics))]
    rows += [
        (f"published {name}", *(number(claims[metric]) for metric in metrics)) for name, claims in published.items()
    ]
    return titled_table("Beside the published numbers (test part)", ("model", *metrics), rows, n_left=1)


def runs_table(sweep: str, trials: Iterable[Any]) -> Table:
    """A sweep's best runs."""
    rows = []
    for trial in trials:
        metric = trial.metrics.get
        cells = (number(trial.value), share(metric("best_val_accuracy")), f"{metric('n_epochs', 0):.0f}")
        rows.append((trial.name, *cells, trial.run_id))
    columns = ("run", "val log loss", "val accuracy", "epochs", "run id")
    return titled_table(f"Best runs of {sweep}", columns, rows)


def findings_table(findings: Iterable[Any]) -> Table:
    """A row per thing that was not as it should be."""
    rows = [(one.where, one.problem, f"{_cure(one)}{one.remedy}") for one in findings]
    return titled_table("Not as it should be", ("where", "what", "remedy"), rows)


def _cure(finding: Any) -> str:
    return "mended: " if finding.is_mended else "can be mended: " if finding.can_be_mended else ""
