"""What the runs beside a sweep's say of themselves in MLflow: that of its finals, that of a training. Pure."""

from collections.abc import Mapping, Sequence

from songpop.app.description import SweepStory
from songpop.published import PUBLISHED, VARIANTS
from songpop.settings import ProtocolName
from songpop.tracking.markdown import code, fitted, plain, run_link, table
from songpop.tracking.model_facts import leaks_of
from songpop.tracking.notes import MAX_RUN_NOTE
from songpop.tracking.records import SweepRecord
from songpop.tracking.trainings import TrainedRow
from songpop.wording import METRICS, leak_line, metric_text

TRAINED = ("accuracy", "roc_auc", "log_loss")  # that are told of a training
N_MODELS = 30


def finals_note(story: SweepStory) -> str:
    """Return the description of the run that holds a sweep's finals together."""
    record, finals = story.record, story.finals
    sweep = run_link(record.name, story.experiment_id, record.run_id)
    told = f"The finals of the sweep {sweep}: each of its best configurations again, on other cuts of the same rows."
    if finals is None:
        return f"{told} They were not ended."
    won = f"Won: number {finals.winner + 1}" if finals.winner is not None else "Nobody won"
    return (
        f"{told} {won}: {plain(finals.reason)}. {finals.n_resamples} resamples; the runs below are one for each "
        "finalist and resample. The table of means and intervals stands in that sweep's description."
    )


def training_note(record: SweepRecord, rows: Sequence[TrainedRow], n_test_openings: int) -> str:
    """Return the description of a training's run.

    Args:
        record: of the training.
        rows: its models, with mean, low and high of each metric in TRAINED that was measured.
        n_test_openings: how often its test rows were looked at, whoever looked.
    """
    params, is_published = record.params, record.params.get("protocol") == ProtocolName.published.value
    times = f"{n_test_openings} time{'s' * (n_test_openings != 1)}"
    told = (
        f"Fixed models, each over {plain(params.get('n_seeds', '?'))} seeds: table {plain(params.get('data', '?'))}, "
        f"protocol {plain(params.get('protocol', '?'))}, split {plain(params.get('split', '?'))}. Nothing is chosen by "
        f"these numbers; the test rows were opened {times} so far. Mean and 95 % interval over seeds:"
    )
    header = (
        "model",
        *(f"test {METRICS[name]}" for name in TRAINED),
        *(["published accuracy"] if is_published else []),
    )

    def build(n_rows: Sequence[int]) -> str:
        cells = [(plain(row.model), *_spreads(row.metrics), *_published(row, is_published)) for row in rows]
        leaks = leaks_of(record.tags)
        parts = [*([plain(leak_line(leaks))] if leaks else []), told, table(header, cells[: n_rows[0]])]
        again = code(f"songpop reproduce sweep={record.name}")
        return "\n\n".join([*parts, f"To train them again from their records: {again}"])

    return fitted(build, (N_MODELS,), MAX_RUN_NOTE)


def _spreads(metrics: Mapping[str, tuple[float, float, float]]) -> list[str]:
    return [metric_text(name, metrics[name][0], metrics[name][1:]) if name in metrics else "–" for name in TRAINED]


def _published(row: TrainedRow, is_published: bool) -> list[str]:
    claim = next((PUBLISHED[name] for name in PUBLISHED for way in VARIANTS if row.model == f"{name} {way}"), None)
    return [] if not is_published else ["–" if claim is None else metric_text("accuracy", claim["accuracy"])]
